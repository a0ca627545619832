"""The access log: standard logging v2, as Parquet in the bucket that the delivery names.

Source: "Standard logging reference" and "Configure standard logging (v2)", Amazon CloudFront Developer Guide.
"""

import json
import re
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from local.edge.distribution import Behavior, Distribution
from local.edge.messages import Answer, Reply, Request
from local.edge.reading import Json

EMPTY = "-"
VARIABLES = {"yyyy": "year", "MM": "month", "dd": "day", "HH": "hour"}
"""Parts of a suffix path, and their names where it is for Hive; others keep theirs."""
DEFAULT_SUFFIX = "AWSLogs/{account-id}/CloudFront/"
"""What comes before the suffix path in a bucket without a prefix."""

Row = dict[str, str]
"""A request by the names of the log's fields."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A request that has been answered, and when."""

    request: Request
    reply: Reply
    answer: Answer
    """As the viewer has got it."""
    behavior: Behavior
    domain_name: str
    """The distribution's."""
    received_at: float
    """Unix time."""
    seconds: float
    """From the request to the end of the answer."""


@dataclass
class AccessLog:
    """What was asked and is not delivered yet."""

    logs: Any
    """The client of CloudWatch Logs, whose deliveries say what goes where."""
    s3: Any
    _pending: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    """By the ARN of the distribution."""

    def add(self, distribution: Distribution, served: Served) -> None:
        """Note a request."""
        self._pending.setdefault(distribution.arn, []).append(row(served))

    def deliver(self) -> list[str]:
        """Put all that was noted where the deliveries say, and return the keys of the files."""
        pending, self._pending = self._pending, {}
        deliveries = list(self._deliveries()) if pending else []
        return [
            self._put(arn, hour, list(rows), delivery, destination)
            for arn, rows_of_one in pending.items()
            for source, delivery, destination in deliveries
            if arn in source["resourceArns"]
            for hour, rows in groupby(sorted(rows_of_one, key=_moment), key=lambda each: _moment(each)[:13])
        ]

    def _deliveries(self) -> Iterator[tuple[Json, Json, Json]]:
        """Yield source, delivery and destination of every delivery of Parquet to a bucket."""
        sources = {each["name"]: each for each in self.logs.describe_delivery_sources()["deliverySources"]}
        destinations = {
            each["arn"]: each for each in self.logs.describe_delivery_destinations()["deliveryDestinations"]
        }
        for delivery in self.logs.describe_deliveries()["deliveries"]:
            destination = destinations[delivery["deliveryDestinationArn"]]
            if destination.get("outputFormat") == "parquet":
                yield sources[delivery["deliverySourceName"]], delivery, destination

    def _put(self, arn: str, hour: str, rows: list[Row], delivery: Json, destination: Json) -> str:
        target: str = destination["deliveryDestinationConfiguration"]["destinationResourceArn"]
        bucket, _, prefix = target.removeprefix("arn:aws:s3:::").partition("/")
        moment = datetime.fromisoformat(f"{hour}:00+00:00")
        settings: Json = delivery.get("s3DeliveryConfiguration", {})
        folder = object_folder(arn=arn, moment=moment, prefix=prefix, settings=settings)
        distribution = arn.rpartition("/")[2]
        key = f"{folder}{distribution}.{moment:%Y-%m-%d-%H}.{secrets.token_hex(4)}.parquet"
        self.s3.put_object(Bucket=bucket, Key=key, Body=parquet(rows, delivery.get("recordFields") or list(rows[0])))
        return key


def object_folder(*, arn: str, moment: datetime, prefix: str, settings: Json) -> str:
    """Return what the key of a file begins with ("Example paths to access logs")."""
    account, distribution = arn.split(":")[4], arn.rpartition("/")[2]
    hive = bool(settings.get("enableHiveCompatiblePath"))
    known = {
        "account-id": account,
        "accountid": account,
        "DistributionId": distribution,
        "distributionid": distribution,
        "yyyy": f"{moment:%Y}",
        "MM": f"{moment:%m}",
        "dd": f"{moment:%d}",
        "HH": f"{moment:%H}",
    }
    names = {name: name for name in known} | VARIABLES | {"account-id": "aws-account-id"}

    def value(variable: re.Match[str]) -> str:
        return f"{names[variable[1]]}={known[variable[1]]}" if hive else known[variable[1]]

    suffix = settings.get("suffixPath", "").lstrip("/")
    whole = f"{prefix.rstrip('/')}/{suffix}" if prefix else DEFAULT_SUFFIX + suffix
    return re.sub(r"\{([\w-]+)\}", value, whole).rstrip("/") + "/"


def parquet(rows: list[Row], fields: list[str]) -> bytes:
    """Return rows as Parquet: these fields in this order, every column a string."""
    columns = {column(name): "VARCHAR" for name in fields}
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "rows.json", Path(folder) / "rows.parquet"
        lines = (json.dumps({column(name): each.get(name, EMPTY) for name in fields}) for each in rows)
        source.write_text("\n".join(lines))
        with duckdb.connect() as database:
            found = database.read_json(str(source), columns=columns, format="newline_delimited")
            found.write_parquet(str(made))
        return made.read_bytes()


def column(name: str) -> str:
    """Return the column of a field, as `cs(User-Agent)` is `cs_user_agent`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def row(served: Served) -> Row:
    """Return a request by the names of the log's fields; what there is none of is "-"."""
    request, answer = served.request, served.answer
    moment = datetime.fromtimestamp(served.received_at, tz=UTC)
    scheme = "https" if request.tls else "http"
    found = {
        "timestamp(ms)": str(int(served.received_at * 1000)),
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H:%M:%S}",
        "x-edge-location": request.location,
        "sc-bytes": str(_size(answer.headers, answer.body)),
        "c-ip": request.client[0],
        "c-port": str(request.client[1]),
        "cs-method": request.method,
        "cs(Host)": served.domain_name,
        "cs-uri-stem": request.path,
        "sc-status": str(answer.status),
        "cs(Referer)": request.fields.get("referer", ""),
        "cs(User-Agent)": quote(request.fields.get("user-agent", ""), safe="/()*;:,.!~'"),
        "cs-uri-query": request.query,
        "cs(Cookie)": request.fields.get("cookie", ""),
        "x-edge-result-type": str(served.reply.result),
        "x-edge-response-result-type": str(served.reply.result),
        "x-edge-detailed-result-type": str(served.reply.result),
        "x-edge-request-id": request.request_id,
        "x-host-header": request.host,
        "cs-protocol": scheme,
        "cs-protocol-version": f"HTTP/{request.http_version}",
        "cs-bytes": str(_size(request.headers, request.body)),
        "time-taken": f"{served.seconds:.3f}",
        "time-to-first-byte": f"{served.seconds:.3f}",
        "x-forwarded-for": request.fields.get("x-forwarded-for", ""),
        "sc-content-type": answer.fields.get("content-type", ""),
        "sc-content-len": answer.fields.get("content-length", str(len(answer.body))),
        "cache-behavior-path-pattern": served.behavior.pattern,
    }
    return {name: value or EMPTY for name, value in found.items()}


def _size(headers: tuple[tuple[str, str], ...], body: bytes) -> int:
    """Bytes on the wire, about: the first line is not counted."""
    return len(body) + sum(len(name) + len(value) + 4 for name, value in headers)


def _moment(each: Row) -> str:
    return f"{each['date']}T{each['time']}"
