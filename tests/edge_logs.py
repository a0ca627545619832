"""Access logs as CloudFront delivers them, made line by line, and the engines that read them."""

import gzip
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from local.cloud import Cloud
from local.edge.access_log import Row, column, parquet
from stacks.edge_logs import FIELDS, FOLDER, STANDARD_FIELDS
from ttl_review.athena import AthenaEngine
from ttl_review.model import Period

DAY = date(2026, 11, 20)
PERIOD = Period(first=DAY, last=DAY)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
DISTRIBUTION = "E2EXAMPLE"
LEGACY_FIELDS = STANDARD_FIELDS
SHORT = {
    "path": "cs-uri-stem",
    "query": "cs-uri-query",
    "location": "x-edge-location",
    "status": "sc-status",
    "size": "sc-bytes",
    "method": "cs-method",
    "kind": "sc-content-type",
    "length": "sc-content-len",
}


def line(path: str = "/", *, at: float = 0, result: str = "Hit", ended: str = "", **fields: str) -> Row:
    """Return a request so many seconds after midnight; `ended` is how it ended, if not as its answer began.

    Fields go by the names in SHORT, or by those of the log with _ for what no name can hold.
    """
    moment = MIDNIGHT + timedelta(seconds=at)
    usual = dict.fromkeys(FIELDS, "-") | {
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H:%M:%S}",
        "x-edge-location": "NRT57-P2",
        "sc-bytes": "100",
        "cs-method": "GET",
        "cs-uri-stem": path,
        "sc-status": "200",
        "x-edge-result-type": ended or result,
        "x-edge-request-id": secrets.token_hex(8),
        "x-edge-response-result-type": result,
        "timestamp(ms)": str(int(moment.timestamp() * 1000)),
    }
    names = {column(name): name for name in FIELDS} | SHORT
    return usual | {names[name]: value for name, value in fields.items()}


def files(rows: Iterable[Row], fields: Iterable[str] = FIELDS) -> Mapping[str, bytes]:
    """Return the files of v2 by key: Parquet in a folder for each hour."""
    return {
        f"{FOLDER}/distributionid={DISTRIBUTION}/year={hour[:4]}/month={hour[5:7]}/day={hour[8:10]}/hour={hour[11:13]}/"
        f"{DISTRIBUTION}.{secrets.token_hex(4)}.parquet": parquet(list(group), list(fields))
        for hour, group in groupby(sorted(rows, key=_hour), key=_hour)
    }


def write(folder: Path, rows: Iterable[Row], fields: Iterable[str] = FIELDS) -> Path:
    """Write the files of v2 into a folder, and return it."""
    for key, body in files(rows, fields).items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(body)
    return folder


def legacy(rows: Iterable[Row], fields: Iterable[str] = LEGACY_FIELDS) -> bytes:
    """Return a file of the legacy kind; values are written as they are given, so give them URL-encoded."""
    names = list(fields)
    lines = ["#Version: 1.0", f"#Fields: {' '.join(names)}", *("\t".join(row[name] for name in names) for row in rows)]
    return gzip.compress(("\n".join(lines) + "\n").encode())


def athena(cloud: Cloud, rows: Iterable[Row]) -> AthenaEngine:
    """Put the files of v2 into a bucket, with a table over it, and return Athena."""
    name = f"logs-{secrets.token_hex(4)}"
    s3, glue, client = (cloud.client(service) for service in ("s3", "glue", "athena"))
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    for key, body in files(rows).items():
        s3.put_object(Bucket=name, Key=key, Body=body)
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput=_table(f"s3://{name}/{FOLDER}/"))
    client.create_work_group(
        Name=name, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{name}/results/"}}
    )
    return AthenaEngine(athena=client, s3=s3, workgroup=name, database=name)


def _table(location: str) -> dict[str, object]:
    keys = {"distributionid": "string"} | dict.fromkeys(("year", "month", "day", "hour"), "int")
    return {
        "Name": "edge_logs",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet"},
        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys.items()],
        "StorageDescriptor": {
            "Columns": [{"Name": column(name), "Type": "string"} for name in FIELDS],
            "Location": location,
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    }


def _hour(row: Row) -> str:
    return f"{row['date']}T{row['time'][:2]}"
