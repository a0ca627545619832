"""What a template calls a database cluster is a real PostgreSQL in the embedded cloud."""

from collections.abc import Iterator

import pytest

from local.cloud import Cloud
from tests.cloud_parts import put_stack
from tests.local.stores import DATABASE, Stack, changed, sign_in


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> Iterator[Stack]:
    stack = Stack(cloud, "stores-database", DATABASE, "Cluster", "Endpoint")
    yield stack
    stack.delete()


def test_a_database_cluster_is_a_postgresql_whose_master_enters_over_tls(cluster: Stack) -> None:
    with sign_in(cluster) as connection:
        connection.execute("CREATE TABLE books (title text)")
        row = connection.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == ("keeper", False)


def test_a_database_cluster_is_described_with_its_endpoint(cloud: Cloud, cluster: Stack) -> None:
    clusters = cloud.client("rds").describe_db_clusters()["DBClusters"]
    described = next(each for each in clusters if str(each["Port"]) == cluster.values["Port"])
    assert described["Endpoint"] == described["ReaderEndpoint"] == cluster.values["Host"]
    assert described["DbClusterResourceId"].startswith("cluster-")
    assert [member["IsClusterWriter"] for member in described["DBClusterMembers"]] == [True]


def test_a_database_keeps_its_data_when_its_cluster_changes(cluster: Stack) -> None:
    with sign_in(cluster) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    cluster.update(DATABASE | {"Cluster": changed(DATABASE["Cluster"], BackupRetentionPeriod=7)})
    with sign_in(cluster) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_database_whose_master_would_have_a_password_is_refused(cloud: Cloud) -> None:
    properties = DATABASE["Cluster"]["Properties"].items()
    rest = {name: value for name, value in properties if name != "MasterUserAuthenticationType"}
    with pytest.raises(AssertionError, match="set MasterUserAuthenticationType: iam-db-auth"):
        put_stack(cloud, "create", "stores-password", {"Resources": {"C": DATABASE["Cluster"] | {"Properties": rest}}})
