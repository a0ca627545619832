"""RestoreDBClusterToPointInTime of the embedded cloud: another real PostgreSQL with what the first one had."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.servers.authority import CA_FILE
from tests.local.stores import DATABASE, TOKEN, Stack, sign_in
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Iterator[Stack]:
    stack = Stack(cloud, "stores-restore", DATABASE, "Cluster", "Endpoint")
    yield stack
    stack.delete()


def cluster_of(stack: Stack) -> dict[str, Any]:
    clusters = stack.cloud.client("rds").describe_db_clusters()["DBClusters"]
    return next(each for each in clusters if str(each["Port"]) == stack.values["Port"])


def enter(cluster: dict[str, Any]) -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host=cluster["Endpoint"],
        port=cluster["Port"],
        dbname="shelf",
        user="keeper",
        password=TOKEN,
        sslmode="verify-full",
        sslrootcert=str(CA_FILE),
        autocommit=True,
    )


def test_a_restored_cluster_has_the_data_of_its_source_and_goes_its_own_way(cloud: Cloud, stack: Stack) -> None:
    rds, source = cloud.client("rds"), cluster_of(stack)
    with sign_in(stack) as connection:
        connection.execute("CREATE TABLE books AS SELECT 7 AS number")
    made = rds.restore_db_cluster_to_point_in_time(
        DBClusterIdentifier="restored",
        SourceDBClusterIdentifier=source["DBClusterIdentifier"],
        UseLatestRestorableTime=True,
        VpcSecurityGroupIds=["sg-1"],
    )["DBCluster"]
    assert (made["Status"], made["DBClusterMembers"]) == ("creating", [])
    assert made["DbClusterResourceId"] != source["DbClusterResourceId"]

    def restored() -> dict[str, Any]:
        return rds.describe_db_clusters(DBClusterIdentifier="restored")["DBClusters"][0]

    wait_until(lambda: restored()["Status"] == "available")
    with enter(restored()) as connection:
        assert connection.execute("SELECT number FROM books").fetchone() == (7,)
        connection.execute("DROP TABLE books")
    with sign_in(stack) as connection:
        assert connection.execute("SELECT number FROM books").fetchone() == (7,)
    last = restored()
    rds.delete_db_cluster(DBClusterIdentifier="restored", SkipFinalSnapshot=True)
    with pytest.raises(psycopg.OperationalError):
        enter(last)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"SourceDBClusterIdentifier": "nowhere"}, "DBClusterNotFoundFault"),
        ({"DBClusterIdentifier": ""}, "DBClusterAlreadyExistsFault"),
        ({"UseLatestRestorableTime": False}, "InvalidParameterCombination"),
    ],
)
def test_what_cannot_be_restored_is_refused(cloud: Cloud, stack: Stack, changed: dict[str, Any], code: str) -> None:
    name = cluster_of(stack)["DBClusterIdentifier"]
    asked = {
        "DBClusterIdentifier": "restored-not",
        "SourceDBClusterIdentifier": name,
        "UseLatestRestorableTime": True,
    } | {key: value if value != "" else name for key, value in changed.items()}
    with pytest.raises(ClientError, match=code):
        cloud.client("rds").restore_db_cluster_to_point_in_time(**asked)
