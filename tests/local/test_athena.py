"""The local Athena runs what Athena runs, where and as far as the workgroup lets it."""

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.cloud_parts import delete_stack, put_stack
from tests.local.athena_world import Logs, database_of, template


@pytest.fixture
def logs(cloud: Cloud, name: str) -> Logs:
    put_stack(cloud, "create", name, template(name))
    return Logs(cloud, name)


@pytest.mark.parametrize(
    ("athena", "value"),
    [
        ("approx_percentile(CAST(n AS DOUBLE), 0.5)", "2.0"),
        ("date_format(TIMESTAMP '2026-01-02 03:04:05', '%Y/%m/%d')", "2026/01/02"),
        ("date_parse('2026-01-02', '%Y-%m-%d') = TIMESTAMP '2026-01-02 00:00:00'", "true"),
        ("7 / 2", "3"),
        ("element_at(map(ARRAY['a'], ARRAY[5]), 'a')", "5"),
        ("json_extract_scalar('{\"a\": \"b\"}', '$.a')", "b"),
        ("regexp_like('/assets/x', '^/assets/')", "true"),
        ("TRY_CAST('x' AS BIGINT)", None),
    ],
)
def test_functions_of_athena_that_duckdb_calls_otherwise(logs: Logs, athena: str, value: str | None) -> None:
    sql = f"SELECT {athena} AS found FROM (VALUES (1), (2), (3)) AS t (n) {'' if 'percentile' in athena else 'LIMIT 1'}"
    ((found,),) = logs.engine.rows(sql)
    assert (None if found is None else str(found)) == value


def test_sql_that_athena_cannot_read_fails_with_the_place(logs: Logs) -> None:
    status = logs.run("SELECT path FROM edge_logs WHERE (status = '200'")["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("SYNTAX_ERROR: line 1:")


def test_results_lie_where_the_execution_says_as_athena_writes_them(logs: Logs) -> None:
    sql = "SELECT 'say \"hi\",\nthen go' AS said, CAST(NULL AS VARCHAR) AS nothing, '' AS empty, 1 = 1 AS is_so, 5 AS n"
    execution = logs.run(sql)
    place = execution["ResultConfiguration"]["OutputLocation"]
    assert place == f"s3://{logs.bucket}/results/{execution['QueryExecutionId']}.csv"
    header, rest = logs.written(execution).split("\n", 1)
    assert header == '"said","nothing","empty","is_so","n"'
    assert rest == '"say ""hi"",\nthen go",,"","true","5"\n'
    assert f"{place.removeprefix(f's3://{logs.bucket}/')}.metadata" in {
        found["Key"] for found in logs.s3.list_objects_v2(Bucket=logs.bucket, Prefix="results/")["Contents"]
    }


def test_a_long_result_is_read_from_its_file_in_its_order(logs: Logs) -> None:
    logs.put("distributionid=E1/year=2026/month=01", *(f"/{number:05d}" for number in range(2500)))
    sql = "SELECT path, CAST(year AS BIGINT) AS year FROM edge_logs ORDER BY path DESC"
    batches = [*logs.engine.batches(sql, size=1000)]
    assert [len(batch["path"]) for batch in batches] == [1000, 1000, 500]
    assert [batches[0]["path"][0], batches[2]["path"][-1]] == ["/02499", "/00000"]
    assert {*batches[0]["year"]} == {2026}


def test_the_workgroups_settings_come_before_those_of_a_request(logs: Logs) -> None:
    elsewhere = {"ResultConfiguration": {"OutputLocation": f"s3://{logs.bucket}/elsewhere/"}}
    results = logs.run("SELECT 1 AS n", **elsewhere)["ResultConfiguration"]
    assert results["OutputLocation"].startswith(f"s3://{logs.bucket}/results/")
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    free = logs.run("SELECT 1 AS n", WorkGroup="primary", **elsewhere)["ResultConfiguration"]
    assert free["OutputLocation"].startswith(f"s3://{logs.bucket}/elsewhere/")


def test_a_query_that_would_read_more_than_its_workgroup_lets_it_is_ended(cloud: Cloud, name: str) -> None:
    put_stack(cloud, "create", name, template(name, limit=100))
    logs = Logs(cloud, name)
    logs.put("distributionid=E1/year=2026/month=01", "/a")
    status = logs.run("SELECT COUNT(*) AS n FROM edge_logs")["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")
    assert logs.run("SELECT 1 AS n")["Status"]["State"] == "SUCCEEDED"


def test_a_workgroup_that_there_is_not_or_is_disabled_takes_no_query(logs: Logs) -> None:
    with pytest.raises(ClientError, match="WorkGroup nowhere is not found"):
        logs.run("SELECT 1 AS n", WorkGroup="nowhere")
    logs.athena.update_work_group(WorkGroup=logs.name, State="DISABLED")
    with pytest.raises(ClientError, match="is disabled"):
        logs.run("SELECT 1 AS n")


def test_saved_queries_are_made_changed_and_deleted_by_template(cloud: Cloud, name: str) -> None:
    athena = cloud.client("athena")
    made = put_stack(cloud, "create", name, template(name, queries={"One": "SELECT 1 AS n", "Two": "SELECT 2 AS n"}))
    found = athena.get_named_query(NamedQueryId=made["One"])["NamedQuery"]
    assert (found["Name"], found["QueryString"], found["WorkGroup"]) == ("One", "SELECT 1 AS n", name)
    assert found["Database"] == made["Database"] == database_of(name)
    changed = put_stack(cloud, "update", name, template(name, queries={"One": "SELECT 3 AS n"}))
    assert athena.list_named_queries(WorkGroup=name)["NamedQueryIds"] == [changed["One"]]
    assert changed["One"] != made["One"]
    delete_stack(cloud, name)
    assert athena.list_named_queries(WorkGroup=name)["NamedQueryIds"] == []
