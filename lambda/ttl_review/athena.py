"""Logs in a bucket, by Athena: every query in one workgroup, its results read from where they lie."""

import csv
import io
import math
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from ttl_review.engine import BATCH, Columns, QueryError, Unreadable, columns

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_s3 import S3Client

# "Amazon Athena pricing", SQL queries: by terabyte scanned, to the next megabyte, ten at least; alike in most regions.
USD_PER_TIB = 5.0
_MIB, _TIB, _LEAST_MIB = 2**20, 2**40, 10
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 2.0
_READ = 1_000_000
# The module's own limit is below what an address can be; it is one for the whole process.
csv.field_size_limit(32 * _MIB)
_NUMERIC: Mapping[str, type] = {"tinyint": int, "smallint": int, "integer": int, "bigint": int, "double": float}
_DONE = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


class AthenaEngine:
    """Runs queries on one database."""

    def __init__(
        self,
        *,
        athena: "AthenaClient",
        s3: "S3Client",
        workgroup: str,
        database: str,
        seconds: float = 600,
        usd_per_tib: float = USD_PER_TIB,
    ) -> None:
        self._athena = athena
        self._s3 = s3
        self._workgroup = workgroup
        self._database = database
        self._seconds = seconds
        self._usd_per_tib = usd_per_tib
        self._scanned: list[int] = []

    @property
    def source(self) -> str:
        """Where the logs come from, for people."""
        return f"Athena, database {self._database}"

    @property
    def scanned_bytes(self) -> int:
        """What all queries so far have read."""
        return sum(self._scanned)

    @property
    def cost_usd(self) -> float:
        """What all queries so far have cost."""
        billed = sum(max(_LEAST_MIB, math.ceil(scanned / _MIB)) for scanned in self._scanned)
        return billed * _MIB / _TIB * self._usd_per_tib

    @property
    def unreadable(self) -> Unreadable:
        """Nothing: a file that Athena cannot read fails the query, by name."""
        return Unreadable()

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a small result, as int, float, str or None."""
        execution = self._run(sql)
        pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution["QueryExecutionId"])
        header = True
        for page in pages:
            found: Any = page["ResultSet"]
            kinds = [_NUMERIC.get(column["Type"], str) for column in found["ResultSetMetadata"]["ColumnInfo"]]
            # The first row of a result is the names of its columns ("GetQueryResults", Amazon Athena API reference).
            for row in found["Rows"][1:] if header else found["Rows"]:
                values = (datum.get("VarCharValue") for datum in row["Data"])
                yield tuple(None if text is None else kind(text) for kind, text in zip(kinds, values, strict=True))
            header = False

    def batches(self, sql: str, *, size: int = BATCH) -> Iterator[Columns]:
        """Yield a result of any size in its order, so many rows at a time; no value of it may be NULL.

        It is read from the file that Athena has written: by its API, a thousand rows a call, ten million would take
        most of an hour.
        """
        execution = self._run(sql)
        query_id = execution["QueryExecutionId"]
        answer = self._athena.get_query_results(QueryExecutionId=query_id, MaxResults=1)
        info = answer["ResultSet"].get("ResultSetMetadata", {}).get("ColumnInfo", [])
        numeric = {column["Name"]: _NUMERIC[column["Type"]] for column in info if column["Type"] in _NUMERIC}
        bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
        body = self._s3.get_object(Bucket=bucket, Key=key)["Body"]
        # Only a line feed or carriage return outside of quotes ends a row; other separators of lines are text.
        reader = csv.reader(io.TextIOWrapper(io.BufferedReader(_Raw(body), _READ), encoding="utf-8", newline=""))
        names = next(reader)
        while rows := list(islice(reader, size)):
            yield columns(names, [tuple(row) for row in rows], numeric)

    def _run(self, sql: str) -> Any:  # noqa: ANN401 (a query execution, as Athena describes it)
        """Run a query to its end, and return what Athena says of it."""
        started = self._athena.start_query_execution(
            QueryString=sql, WorkGroup=self._workgroup, QueryExecutionContext={"Database": self._database}
        )
        query_id = started["QueryExecutionId"]
        execution = self._ended(query_id)
        self._scanned.append(execution.get("Statistics", {}).get("DataScannedInBytes", 0))
        status = execution["Status"]
        if status["State"] != "SUCCEEDED":
            reason = " ".join(status.get("StateChangeReason", "").split())
            raise QueryError(f"Athena query {query_id} {status['State'].lower()}: {reason}")
        return execution

    def _ended(self, query_id: str) -> Any:  # noqa: ANN401
        deadline, wait = time.monotonic() + self._seconds, _FIRST_WAIT_S
        while True:
            execution: Any = self._athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] in _DONE:
                return execution
            if time.monotonic() > deadline:
                self._athena.stop_query_execution(QueryExecutionId=query_id)
                raise QueryError(
                    f"Athena query {query_id} is not done after {self._seconds:.0f} s; it has been stopped"
                )
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT_S)


class _Raw(io.RawIOBase):
    """The body of an object as a file, which botocore's own is only in part."""

    def __init__(self, body: Any) -> None:  # noqa: ANN401 (botocore's StreamingBody)
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 (anything that can be written to)
        """Fill a buffer, as far as something has come."""
        part: bytes = self._body.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)
