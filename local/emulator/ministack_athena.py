"""What is reached into of MiniStack 1.5.33 for Athena and its tables; `ministack` has what all share."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, cast
from xml.etree import ElementTree as ET

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import athena, s3

from local.emulator.ministack import Json, Response

Execution = Json
"""A query execution as the API describes it, beside members of MiniStack's own, which begin with an underscore."""


# Asking


def wrap_start(start: Callable[[Json, Callable[[Json], Response]], Response]) -> None:
    """Let `start` answer StartQueryExecution: it gets the request, and MiniStack's own answer to a request."""
    own = athena._start_query_execution

    def started(request: Json) -> Response:
        return start(request, own)

    athena._start_query_execution = started


def before_requests(tell: Callable[[str], object]) -> None:
    """Let `tell` know the access key of who asks, before each request."""
    handle = athena.handle_request

    async def handled(method: str, path: str, headers: dict[str, str], body: bytes, query: Json) -> Response:
        tell(extract_access_key_id(headers, query))
        return await handle(method, path, headers, body, query)

    athena.handle_request = handled


def refusal(code: str, message: str) -> Response:
    """Return what Athena answers when it refuses a request."""
    return cast("Response", error_response_json(code, message, HTTPStatus.BAD_REQUEST))


def started_execution(response: Response) -> Execution | None:
    """Return the execution that an answer to StartQueryExecution is about; None: it was refused."""
    return athena._executions.get(json.loads(response[2]).get("QueryExecutionId"))


def workgroup(name: str) -> Json | None:
    """Return a workgroup as the API describes it."""
    return cast("Json | None", athena._workgroups.get(name))


# Running


def wrap_run(run: Callable[[Execution, Callable[[], Awaitable[None]]], Awaitable[None]]) -> None:
    """Let `run` run an execution: it gets it, and what does so and writes down how it ended."""
    own = athena._execute_query

    async def executed(query_id: str, *arguments: Any) -> None:  # noqa: ANN401 (text, database, statement, catalogue)
        await run(athena._executions[query_id], lambda: own(query_id, *arguments))

    athena._execute_query = executed


def wrap_query(translate: Callable[[str], str], check: Callable[[], object]) -> None:
    """Let `translate` make DuckDB's SQL of Athena's and `check` object before it runs; ValueError fails the query."""
    rewrite = athena._rewrite_data_paths

    async def rewritten(query: str, *where: Any) -> tuple[str, Json, list[str]]:  # noqa: ANN401 (database, catalogue)
        found = await rewrite(translate(query), *where)
        check()
        return found

    athena._rewrite_data_paths = rewritten


def wrap_tables(choose: Callable[[Json, list[str]], list[str]]) -> None:
    """Let `choose` say which of a table's files are read; it gets the table as Glue describes it, and their paths."""
    relation, empty = athena._table_relation, athena._empty_relation

    def chosen(table: Json, files: list[str]) -> str:
        kept = choose(table, files)
        return str(relation(table, kept) if kept else empty(table))

    def chosen_of_none(table: Json) -> str:
        choose(table, [])
        return str(empty(table))

    athena._table_relation, athena._empty_relation = chosen, chosen_of_none


def replace_results(save: Callable[[Execution, Json], None]) -> None:
    """Let `save` write what an execution has found: its `columns`, and its `rows` of values."""

    async def saved(query_id: str) -> None:
        execution = athena._executions[query_id]
        save(execution, execution["_results"])

    athena._save_query_results = saved


def text_of(value: object) -> str:
    """Return a value of a result as Athena writes it."""
    return str(athena._datum_text(value))


def put_object(bucket: str, key: str, body: bytes, kind: str) -> str:
    """Put an object into a bucket, and return what S3 objects to."""
    status, _, answer = s3._put_object(bucket, key, body, {"content-type": kind, "content-length": str(len(body))})
    if status < HTTPStatus.BAD_REQUEST:
        return ""
    error = ET.fromstring(answer)  # noqa: S314 (MiniStack's own)
    return f"{error.findtext('Code')}: {error.findtext('Message')}"


# What who asks may do


def denied(access_key: str, action: str, arn: str) -> bool:
    """Tell whether the policies of who has an access key keep it from an action."""
    service = action.partition(":")[0]
    return iam_evaluator.enforce(access_key, action, service, get_region(), resource_arn=arn) is not None


def glue_arn(resource: str) -> str:
    """Return the ARN of something in the catalogue of the request's account and region."""
    return f"arn:aws:glue:{get_region()}:{get_account_id()}:{resource}"


def workgroup_arn(asked: Json) -> str:
    """Return the ARN of the workgroup that a request names, or that what it names is of."""
    about = athena._executions.get(asked.get("QueryExecutionId", ""))
    about = about or athena._named_queries.get(asked.get("NamedQueryId", "")) or {}
    name = asked.get("WorkGroup") or about.get("WorkGroup")
    return f"arn:aws:athena:{get_region()}:{get_account_id()}:workgroup/{name}" if name else ""


# Saved queries


def create_named_query(**request: str) -> str:
    """Save a query as CreateNamedQuery does, and return its id."""
    return json.loads(athena._create_named_query(request)[2])["NamedQueryId"]


def delete_named_query(query_id: str) -> None:
    """Delete a saved query, unless it is gone."""
    athena._delete_named_query({"NamedQueryId": query_id})
