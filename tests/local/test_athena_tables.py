"""The local Athena sees the files of a table that are in its projected partitions."""

import pytest

from local.cloud import Cloud
from tests.cloud_parts import put_stack
from tests.local.athena_world import PROJECTION, Logs, template
from ttl_review.engine import QueryError


@pytest.fixture
def logs(cloud: Cloud, name: str) -> Logs:
    put_stack(cloud, "create", name, template(name))
    return Logs(cloud, name)


def test_a_query_reads_the_files_by_their_partitions(logs: Logs) -> None:
    logs.put("distributionid=E1/year=2026/month=01", "/a", "/b")
    logs.put("distributionid=E1/year=2026/month=02", "/c")
    sql = "SELECT path, month FROM edge_logs WHERE year = 2026 AND month IN (1, 3) ORDER BY path"
    assert [*logs.engine.rows(sql)] == [("/a", 1), ("/b", 1)]


@pytest.mark.parametrize(
    "folders",
    [
        "distributionid=E3/year=2026/month=01",
        "distributionid=E1/year=2024/month=01",
        "distributionid=E1/year=2031/month=01",
        "distributionid=E1/year=2026/month=13",
        "distributionid=E1/year=2026/month=1",
        "distributionid=E1/year=2026/month=x",
        "distributionid=E1/month=01/year=2026",
    ],
)
def test_what_is_in_no_projected_partition_is_not_seen(logs: Logs, folders: str) -> None:
    logs.put("distributionid=E2/year=2025/month=12", "/seen")
    logs.put(folders, "/unseen")
    assert [*logs.engine.rows("SELECT path FROM edge_logs")] == [("/seen",)]


def test_whole_numbers_may_be_projected_with_gaps(cloud: Cloud, name: str) -> None:
    put_stack(cloud, "create", name, template(name, parameters={"projection.year.interval": "5"}))
    logs = Logs(cloud, name)
    for year in (2025, 2026, 2030):
        logs.put(f"distributionid=E1/year={year}/month=01", f"/{year}")
    assert {*logs.engine.rows("SELECT path FROM edge_logs")} == {("/2025",), ("/2030",)}


def test_a_table_without_files_has_no_rows(logs: Logs) -> None:
    assert [*logs.engine.rows("SELECT path, year FROM edge_logs")] == []
    assert [*logs.engine.rows("SELECT COUNT(*) AS lines FROM edge_logs")] == [(0,)]


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (
            {"projection.month.type": "date"},
            "projection.month.type date is none that is known here: enum, integer",
        ),
        (
            {"storage.location.template": "s3://elsewhere/${distributionid}/${year}/${month}/"},
            "storage.location.template s3://elsewhere/${distributionid}/${year}/${month} is not below",
        ),
        ({"storage.location.template": "s3://x/${year}/"}, "must contain templates for all partition columns!"),
    ],
)
def test_a_projection_that_cannot_be_fails_the_query(
    cloud: Cloud, name: str, parameters: dict[str, str], reason: str
) -> None:
    put_stack(cloud, "create", name, template(name, parameters=parameters))
    logs = Logs(cloud, name)
    logs.put("distributionid=E1/year=2026/month=01", "/a")
    with pytest.raises(QueryError) as failure:
        list(logs.engine.rows("SELECT path FROM edge_logs"))
    assert reason in str(failure.value)


def test_a_partition_key_without_projection_fails_the_query(cloud: Cloud, name: str) -> None:
    projected = {key: value for key, value in PROJECTION.items() if ".month." not in key}
    put_stack(cloud, "create", name, template(name, projected=projected))
    logs = Logs(cloud, name)
    logs.put("distributionid=E1/year=2026/month=01", "/a")
    status = logs.run("SELECT path FROM edge_logs")["Status"]
    assert status["State"] == "FAILED"
    assert "missing projection configuration: [month]" in status["StateChangeReason"]


def test_without_projection_every_file_is_read(cloud: Cloud, name: str) -> None:
    put_stack(cloud, "create", name, template(name, parameters={"projection.enabled": "false"}))
    logs = Logs(cloud, name)
    logs.put("distributionid=E9/year=1999/month=1", "/a")
    assert [*logs.engine.rows("SELECT path, year FROM edge_logs")] == [("/a", 1999)]


def test_what_was_scanned_is_the_files_in_projected_partitions(logs: Logs) -> None:
    first = logs.put("distributionid=E1/year=2026/month=01", "/a")
    second = logs.put("distributionid=E1/year=2026/month=02", "/b", "/c")
    logs.put("distributionid=E9/year=2026/month=02", "/d")
    execution = logs.run("SELECT COUNT(*) AS n FROM edge_logs")
    assert execution["Statistics"]["DataScannedInBytes"] == first + second
    assert logs.run("SELECT 1 AS n")["Statistics"]["DataScannedInBytes"] == 0
