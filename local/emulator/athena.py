"""Athena beside what MiniStack has of it: workgroups that count, projected partitions, permissions, results as AWS's.

Its SQL is translated to DuckDB's. "Workgroup settings override client-side settings", "Use partition projection with
Amazon Athena" and "Find query output files in Amazon S3", Amazon Athena user guide.

What a query has scanned are the files of every partition that the tables it names have, whatever it asks of them.
"""

import json
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot.errors import ParseError
from sqlglot.optimizer.annotate_types import annotate_types

from local.emulator import ministack, ministack_athena, projection
from local.emulator.cloudformation import Made
from local.emulator.ministack import Json, Response
from local.emulator.ministack_athena import Execution

PRIMARY = "primary"
INVALID = "InvalidRequestException"
FROM_TEMPLATE = ("Name", "Description", "Database", "QueryString", "WorkGroup")


@dataclass
class Run:
    """A query in its own task."""

    execution: Execution
    scanned: int = 0
    over: bool = False
    """It would read more than its workgroup lets it."""


caller: ContextVar[str] = ContextVar("caller")
"""The access key of who asks, for the request and for what it starts."""
current: ContextVar[Run] = ContextVar("current")


def install() -> None:
    """Wrap how queries are taken, run and written down, and add saved queries to CloudFormation."""
    ministack_athena.before_requests(caller.set)
    ministack.wrap_resource_arn(checked_on)
    ministack_athena.wrap_start(start)
    ministack_athena.wrap_run(run)
    ministack_athena.wrap_query(translated, _check_limit)
    ministack_athena.wrap_tables(_read)
    ministack_athena.replace_results(_save)
    ministack.add_resource_type("AWS::Athena::NamedQuery", create=_create_named_query, delete=_delete_named_query)


# Asking


def checked_on(service: str, _path: str, body: bytes) -> str:
    """Return the workgroup that IAM checks a request on, as it does for those about a query, which do not name it.

    "Actions, resources, and condition keys for Amazon Athena", Service Authorization Reference.
    """
    if service != "athena":
        return ""
    asked: Json = json.loads(body or b"{}")
    if "QueryString" in asked:
        asked = {"WorkGroup": PRIMARY} | asked
    return ministack_athena.workgroup_arn(asked)


def start(request: Json, own: Callable[[Json], Response]) -> Response:
    """Take a query into its workgroup, whose settings come before those of the request where it says so."""
    name = request.get("WorkGroup", PRIMARY)
    group = ministack_athena.workgroup(name)
    if group is None:
        return ministack_athena.refusal(INVALID, f"WorkGroup {name} is not found.")
    if group["State"] != "ENABLED":
        return ministack_athena.refusal(INVALID, f"WorkGroup {name} is disabled.")
    settings: Json = group["Configuration"]
    of_group: Json = settings.get("ResultConfiguration", {})
    asked: Json = {} if _true(settings.get("EnforceWorkGroupConfiguration")) else request.get("ResultConfiguration", {})
    results = of_group | asked
    if location := results.get("OutputLocation", ""):
        results["OutputLocation"] = f"{location.rstrip('/')}/"
        bucket = location.removeprefix("s3://").partition("/")[0]
        if ministack_athena.denied(caller.get(), "s3:GetBucketLocation", f"arn:aws:s3:::{bucket}"):
            return ministack_athena.refusal(INVALID, f"Unable to verify/create output bucket {bucket}")
    response = own(request | {"WorkGroup": name, "ResultConfiguration": results})
    if execution := ministack_athena.started_execution(response):
        execution["ResultConfiguration"] = results | execution["ResultConfiguration"]
    return response


# Running


async def run(execution: Execution, own: Callable[[], Awaitable[None]]) -> None:
    """Run a query, and tell one that was ended from one that failed."""
    this = Run(execution)
    current.set(this)
    await own()
    if this.over:
        execution["Status"] |= {"State": "CANCELLED", "StateChangeReason": "Bytes scanned limit was exceeded"}
    execution["Statistics"]["DataScannedInBytes"] = this.scanned


def translated(query: str) -> str:
    """Return DuckDB's SQL for Athena's."""
    try:
        statement = sqlglot.parse_one(query, read="athena")
    except ParseError as error:
        reason = error.errors[0]
        place = f"line {reason['line']}:{reason['col']}"
        raise ValueError(f"SYNTAX_ERROR: {place}: {reason['description'].partition('.')[0]}") from error
    return annotate_types(statement, dialect="athena").sql(dialect="duckdb")


def _check_limit() -> None:
    """End a query that would read more than its workgroup lets it: "BytesScannedCutoffPerQuery"."""
    this = current.get()
    group = ministack_athena.workgroup(this.execution["WorkGroup"]) or {}
    limit = group.get("Configuration", {}).get("BytesScannedCutoffPerQuery")
    if limit is not None and this.scanned > int(limit):
        this.over = True
        raise ValueError("Bytes scanned limit was exceeded")


def _read(table: Json, files: list[str]) -> list[str]:
    """Return which of a table's files are read, as far as who asks may read them."""
    database, name = table["DatabaseName"], table["Name"]
    for resource in ("catalog", f"database/{database}", f"table/{database}/{name}"):
        _require("glue:GetTable", ministack_athena.glue_arn(resource))
    location = table["StorageDescriptor"]["Location"].removeprefix("s3://")
    _require("s3:ListBucket", f"arn:aws:s3:::{location.partition('/')[0]}")
    _require("s3:GetObject", f"arn:aws:s3:::{location}")
    kept = projection.projected(table, files)
    current.get().scanned += sum(Path(file).stat().st_size for file in kept)
    return kept


def _require(action: str, arn: str) -> None:
    if ministack_athena.denied(caller.get(), action, arn):
        raise ValueError(f"Insufficient permissions to execute the query. Not authorized to perform: {action} on {arn}")


# Results


def _save(execution: Execution, results: Json) -> None:
    """Write the results where the execution says; what keeps it from that fails the query."""
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    _require("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
    for suffix, body in (("", csv_of(results)), (".metadata", ",".join(results["columns"]).encode())):
        if problem := ministack_athena.put_object(bucket, key + suffix, body, "application/octet-stream"):
            raise ValueError(f"Unable to write to s3://{bucket}/{key}: {problem}")


def csv_of(results: Json) -> bytes:
    """Return results as Athena writes them: every value in quotes, and nothing at all for NULL."""
    lines = (",".join(map(_quoted, row)) for row in (results["columns"], *results["rows"]))
    return "".join(f"{line}\n" for line in lines).encode()


def _quoted(value: object) -> str:
    if value is None:
        return ""
    text = ministack_athena.text_of(value).replace('"', '""')
    return f'"{text}"'


# CloudFormation


def _create_named_query(_logical_id: str, properties: Json, _stack_name: str) -> Made:
    """Ref gives the query's id, as GetAtt NamedQueryId does; a change is another query."""
    group = properties.get("WorkGroup", PRIMARY)
    if group != PRIMARY and ministack_athena.workgroup(group) is None:
        raise ValueError(f"{INVALID}: WorkGroup {group} is not found.")
    given = {name: properties[name] for name in FROM_TEMPLATE if name in properties}
    query = ministack_athena.create_named_query(**given)
    return query, {"NamedQueryId": query}


def _delete_named_query(query: str, _properties: Json) -> None:
    ministack_athena.delete_named_query(query)


def _true(value: object) -> bool:
    """A template may hold booleans as text."""
    return str(value).lower() == "true"
