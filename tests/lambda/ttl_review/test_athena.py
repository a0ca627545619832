"""Athena's own part: what it costs, how it fails, and results as it writes them."""

import io
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from local.cloud import Cloud
from tests.edge_logs import athena, line
from ttl_review.athena import AthenaEngine
from ttl_review.engine import QueryError

TIB, MIB = 2**40, 2**20


def execution(state: str = "SUCCEEDED", *, scanned: int = 0, reason: str = "") -> dict[str, Any]:
    return {
        "QueryExecution": {
            "QueryExecutionId": "q1",
            "Status": {"State": state, "StateChangeReason": reason},
            "Statistics": {"DataScannedInBytes": scanned},
            "ResultConfiguration": {"OutputLocation": "s3://results/queries/q1.csv"},
        }
    }


def engine(*executions: dict[str, Any], body: bytes = b"", kinds: dict[str, str] | None = None, **more: Any) -> Any:
    """The engine over an API that says these things of its query, one after the other."""
    client, s3 = Mock(), Mock()
    client.start_query_execution.return_value = {"QueryExecutionId": "q1"}
    client.get_query_execution.side_effect = list(executions)
    info = [{"Name": name, "Type": kind} for name, kind in (kinds or {}).items()]
    client.get_query_results.return_value = {"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": info}}}
    client.get_paginator.return_value.paginate.return_value = []
    s3.get_object.side_effect = lambda **_: {"Body": io.BytesIO(body)}
    made = AthenaEngine(athena=client, s3=s3, workgroup="review", database="logs", **more)
    return made, client, s3


def test_a_query_runs_in_its_workgroup_and_database() -> None:
    made, client, _ = engine(execution())

    assert list(made.rows("SELECT 1 AS one")) == []
    client.start_query_execution.assert_called_once_with(
        QueryString="SELECT 1 AS one", WorkGroup="review", QueryExecutionContext={"Database": "logs"}
    )
    assert made.source == "Athena, database logs"


@pytest.mark.parametrize(("scanned", "mib"), [(0, 10), (1, 10), (10 * MIB, 10), (10 * MIB + 1, 11), (TIB, 1_048_576)])
def test_a_query_costs_what_it_scans_to_the_next_megabyte_and_ten_at_least(scanned: int, mib: int) -> None:
    made, *_ = engine(execution(scanned=scanned))
    list(made.rows("SELECT 1"))

    assert made.scanned_bytes == scanned
    assert made.cost_usd == pytest.approx(mib * MIB / TIB * 5)


def test_costs_of_all_queries_add_up_each_rounded_by_itself() -> None:
    made, *_ = engine(*[execution(scanned=1)] * 3, usd_per_tib=6.0)
    for _ in range(3):
        list(made.rows("SELECT 1"))

    assert made.cost_usd == pytest.approx(30 * MIB / TIB * 6)


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_that_fails_says_why_in_one_line_and_still_costs(state: str) -> None:
    made, *_ = engine(execution(state, scanned=20 * MIB, reason="Bytes scanned\nlimit was exceeded"))
    with pytest.raises(QueryError, match=f"q1 {state.lower()}: Bytes scanned limit was exceeded"):
        list(made.rows("SELECT 1"))

    assert made.scanned_bytes == 20 * MIB


def test_a_query_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("ttl_review.athena.time.sleep", waits.append)
    made, *_ = engine(execution("QUEUED"), *[execution("RUNNING")] * 7, execution())
    list(made.rows("SELECT 1"))

    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


def test_a_query_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ttl_review.athena.time.sleep", lambda _: None)
    made, client, _ = engine(*[execution("RUNNING")] * 3, seconds=-1)
    with pytest.raises(QueryError, match="it has been stopped"):
        list(made.rows("SELECT 1"))

    client.stop_query_execution.assert_called_once_with(QueryExecutionId="q1")


def test_a_large_result_is_read_from_its_file_as_athena_writes_it() -> None:
    # Every value stands in quotes ("Work with query results and recent queries", Amazon Athena User Guide).
    body = '"path","requests","share"\n"/a","1","0.5"\n"/q""uote,\nline\u2028","2","1.0"\n"","3","0"\n'.encode()
    made, _, s3 = engine(execution(), body=body, kinds={"path": "varchar", "requests": "bigint", "share": "double"})
    first, second = made.batches("SELECT", size=2)

    assert first["path"].tolist() == ["/a", '/q"uote,\nline\u2028']
    assert (first["requests"].dtype, first["requests"].tolist()) == (np.int64, [1, 2])
    assert (first["share"].dtype, first["share"].tolist()) == (np.float64, [0.5, 1.0])
    assert (second["path"].tolist(), second["requests"].tolist()) == ([""], [3])
    s3.get_object.assert_called_once_with(Bucket="results", Key="queries/q1.csv")


def test_an_empty_result_has_no_batch() -> None:
    made, *_ = engine(execution(), body=b'"path"\n', kinds={"path": "varchar"})

    assert list(made.batches("SELECT")) == []


def test_values_longer_than_the_usual_csv_field_are_read() -> None:
    body = b'"path"\n"/' + b"x" * 200_000 + b'"\n'
    made, *_ = engine(execution(), body=body, kinds={"path": "varchar"})
    [columns] = made.batches("SELECT")

    assert len(columns["path"][0]) == 200_001


def test_small_results_are_numbers_text_and_nothing(cloud: Cloud) -> None:
    made = athena(cloud, [line("/a")])
    sql = (
        "SELECT CAST(7 AS BIGINT) AS number, 'x' AS text, CAST(0.5 AS DOUBLE) AS share, CAST(NULL AS BIGINT) AS nothing"
    )

    assert list(made.rows(sql)) == [(7, "x", 0.5, None)]


def test_results_of_many_pages_are_read_to_the_end(cloud: Cloud) -> None:
    made = athena(cloud, [line(f"/{number:04}") for number in range(2500)])
    rows = list(made.rows("SELECT cs_uri_stem AS path FROM edge_logs ORDER BY path"))

    assert rows == [(f"/{number:04}",) for number in range(2500)]


def test_what_athena_refuses_is_a_query_that_failed(cloud: Cloud) -> None:
    with pytest.raises(QueryError, match="nowhere"):
        list(athena(cloud, [line("/a")]).rows("SELECT * FROM nowhere"))
