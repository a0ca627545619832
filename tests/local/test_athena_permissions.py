"""A query is run with the permissions of who asks for it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import REGION, Cloud
from tests.cloud_parts import put_stack
from tests.local.athena_world import ACCOUNT, Logs, database_of, template
from tests.local.conftest import Allowed, refused


def permissions(logs: Logs) -> dict[str, list[str]]:
    """All that a query on the logs needs, by action."""
    glue = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    database = database_of(logs.name)
    group = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{logs.name}"
    bucket = f"arn:aws:s3:::{logs.bucket}"
    return {
        "athena:StartQueryExecution": [group],
        "athena:GetQueryExecution": [group],
        "athena:GetQueryResults": [group],
        "glue:GetTable": [f"{glue}:catalog", f"{glue}:database/{database}", f"{glue}:table/{database}/edge_logs"],
        "s3:GetBucketLocation": [bucket],
        "s3:ListBucket": [bucket],
        "s3:GetObject": [f"{bucket}/cdn/*"],
        "s3:PutObject": [f"{bucket}/results/*"],
    }


@pytest.fixture
def logs(cloud: Cloud, name: str) -> Logs:
    put_stack(cloud, "create", name, template(name))
    made = Logs(cloud, name)
    made.put("distributionid=E1/year=2026/month=01", "/a")
    return made


def client(logs: Logs, allowed: Allowed, *, but: str = "") -> Any:
    """Athena for a user who may do all that is needed, or all but one action."""
    needed = permissions(logs)
    granted = [(action, arns) for action, arns in needed.items() if action != but]
    return allowed(*(action for action, _ in granted), on=[arn for _, arns in granted for arn in arns])("athena")


SQL = "SELECT path FROM edge_logs"


def test_who_may_do_all_that_it_needs_gets_the_results(logs: Logs, allowed: Allowed) -> None:
    athena = client(logs, allowed)
    execution = logs.run(SQL, athena)
    assert execution["Status"]["State"] == "SUCCEEDED"
    query = execution["QueryExecutionId"]
    assert athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["WorkGroup"] == logs.name
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["path", "/a"]


@pytest.mark.parametrize("missing", ["glue:GetTable", "s3:ListBucket", "s3:GetObject", "s3:PutObject"])
def test_what_it_may_not_read_or_write_fails_the_query(logs: Logs, allowed: Allowed, missing: str) -> None:
    status = logs.run(SQL, client(logs, allowed, but=missing))["Status"]
    assert status["State"] == "FAILED"
    assert f"Not authorized to perform: {missing}" in status["StateChangeReason"]


def test_a_bucket_for_results_that_it_may_not_look_at_is_refused_at_once(logs: Logs, allowed: Allowed) -> None:
    with pytest.raises(ClientError, match="Unable to verify/create output bucket"):
        logs.run(SQL, client(logs, allowed, but="s3:GetBucketLocation"))


def test_queries_are_checked_on_the_workgroup_that_they_run_in(logs: Logs, allowed: Allowed) -> None:
    athena = client(logs, allowed)
    assert refused(logs.run, sql=SQL, athena=athena, WorkGroup="primary")
    elsewhere = {"ResultConfiguration": {"OutputLocation": f"s3://{logs.bucket}/results/"}}
    other = logs.run("SELECT 1 AS n", WorkGroup="primary", **elsewhere)["QueryExecutionId"]
    assert refused(athena.get_query_execution, QueryExecutionId=other)
    assert refused(athena.get_query_results, QueryExecutionId=other)
    mine = logs.run(SQL, athena)["QueryExecutionId"]
    assert refused(athena.stop_query_execution, QueryExecutionId=mine)


def test_a_query_that_names_no_workgroup_is_checked_on_the_primary_one(logs: Logs, allowed: Allowed) -> None:
    group = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/primary"
    bucket = f"arn:aws:s3:::{logs.bucket}"
    may = ("athena:StartQueryExecution", "s3:GetBucketLocation", "s3:PutObject")
    athena = allowed(*may, on=[group, bucket, f"{bucket}/results/*"])("athena")
    where = {"ResultConfiguration": {"OutputLocation": f"s3://{logs.bucket}/results/"}}
    assert athena.start_query_execution(QueryString="SELECT 1 AS n", **where)["QueryExecutionId"]
