"""What a template calls a cache or a database is a real one in the embedded cloud."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pymemcache  # pyright: ignore[reportMissingTypeStubs]
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.cloud import Cloud, start
from local.servers.authority import CA_FILE
from local.servers.server import free_port
from tests.cloud_parts import put_stack

TOKEN = "any-token"
READER = "on ~shown:* -@all +get +set"

USERS: dict[str, Any] = {
    "Reader": {
        "Type": "AWS::ElastiCache::User",
        "Properties": {
            "Engine": "valkey",
            "UserId": "shop-reader",
            "UserName": "shop-reader",
            "AccessString": READER,
            "AuthenticationMode": {"Type": "iam"},
        },
    },
    "Leaver": {
        "Type": "AWS::ElastiCache::User",
        "Properties": {
            "Engine": "valkey",
            "UserId": "shop-leaver",
            "UserName": "shop-leaver",
            "AccessString": READER,
            "AuthenticationMode": {"Type": "iam"},
        },
    },
    "Readers": {
        "Type": "AWS::ElastiCache::UserGroup",
        "Properties": {"Engine": "valkey", "UserGroupId": "shop", "UserIds": [{"Ref": "Reader"}, {"Ref": "Leaver"}]},
    },
}
REDIS: dict[str, Any] = USERS | {
    "Parameters": {
        "Type": "AWS::ElastiCache::ParameterGroup",
        "Properties": {
            "CacheParameterGroupFamily": "valkey8",
            "Description": "shop",
            "Properties": {"maxmemory-policy": "volatile-ttl"},
        },
    },
    "Group": {
        "Type": "AWS::ElastiCache::ReplicationGroup",
        "Properties": {
            "ReplicationGroupDescription": "shop",
            "Engine": "valkey",
            "EngineVersion": "8.2",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheClusters": 2,
            "AutomaticFailoverEnabled": True,
            "CacheParameterGroupName": {"Ref": "Parameters"},
            "UserGroupIds": [{"Ref": "Readers"}],
            "TransitEncryptionEnabled": True,
        },
    },
}
DATABASE: dict[str, Any] = {
    "Cluster": {
        "Type": "AWS::RDS::DBCluster",
        "Properties": {
            "Engine": "aurora-postgresql",
            "EngineVersion": "17.5",
            "DatabaseName": "shelf",
            "MasterUsername": "keeper",
            "MasterUserAuthenticationType": "iam-db-auth",
            "EnableIAMDatabaseAuthentication": True,
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0, "MaxCapacity": 1},
        },
    },
    "Writer": {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {
            "Engine": "aurora-postgresql",
            "DBClusterIdentifier": {"Ref": "Cluster"},
            "DBInstanceClass": "db.serverless",
        },
    },
}
MEMCACHED: dict[str, Any] = {
    "Cluster": {
        "Type": "AWS::ElastiCache::CacheCluster",
        "Properties": {
            "Engine": "memcached",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheNodes": 1,
            "TransitEncryptionEnabled": True,
        },
    }
}


def changed(resource: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return resource | {"Properties": resource["Properties"] | properties}


class Stack:
    """A stack of the embedded cloud, made from resources, and where one of them is reached."""

    def __init__(self, cloud: Cloud, name: str, resources: dict[str, Any], *endpoint: str) -> None:
        self.cloud, self.name, self.endpoint = cloud, name, endpoint
        self.values = self._put("create", resources)

    def update(self, resources: dict[str, Any]) -> None:
        self.values = self._put("update", resources)

    def delete(self) -> None:
        self.cloud.client("cloudformation").delete_stack(StackName=self.name)

    def _put(self, verb: str, resources: dict[str, Any]) -> dict[str, str]:
        resource, attribute = self.endpoint
        outputs = {
            name: {"Value": {"Fn::GetAtt": [resource, f"{attribute}.{part}"]}}
            for name, part in (("Host", "Address"), ("Port", "Port"))
        }
        return put_stack(self.cloud, verb, self.name, {"Resources": resources, "Outputs": outputs})


def redis_client(stack: Stack, user: str = "shop-reader") -> redis.Redis:
    return redis.Redis(
        host=stack.values["Host"],
        port=int(stack.values["Port"]),
        ssl=True,
        ssl_ca_certs=str(CA_FILE),
        username=user,
        password=TOKEN,
        retry=Retry(NoBackoff(), 0),
    )


def sign_in(stack: Stack) -> "psycopg.Connection[Any]":
    return psycopg.connect(
        host=stack.values["Host"],
        port=stack.values["Port"],
        dbname="shelf",
        user="keeper",
        password=TOKEN,
        sslmode="verify-full",
        sslrootcert=str(CA_FILE),
    )


@pytest.fixture(scope="module")
def group(cloud: Cloud) -> Iterator[Stack]:
    stack = Stack(cloud, "stores-redis", REDIS, "Group", "PrimaryEndPoint")
    yield stack
    stack.delete()


@pytest.fixture(scope="module")
def cluster(cloud: Cloud) -> Iterator[Stack]:
    stack = Stack(cloud, "stores-database", DATABASE, "Cluster", "Endpoint")
    yield stack
    stack.delete()


def test_a_replication_group_is_a_redis_that_its_users_enter_over_tls(group: Stack) -> None:
    client = redis_client(group)
    client.set("shown:a", "1")
    assert client.get("shown:a") == b"1"


def test_a_user_may_do_only_what_the_template_says(group: Stack) -> None:
    with pytest.raises(redis.RedisError, match="No permissions"):
        redis_client(group).get("hidden:a")


def test_who_is_in_no_user_group_does_not_enter(group: Stack) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis_client(group, user="stranger").get("shown:a")


def test_the_endpoint_is_told_by_the_api_too(cloud: Cloud, group: Stack) -> None:
    groups = cloud.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    ports = {str(node["PrimaryEndpoint"]["Port"]) for each in groups for node in each["NodeGroups"]}
    assert group.values["Port"] in ports


def test_who_leaves_a_user_group_does_not_enter(group: Stack) -> None:
    assert redis_client(group, user="shop-leaver").get("shown:none") is None
    group.update(REDIS | {"Readers": changed(REDIS["Readers"], UserIds=[{"Ref": "Reader"}])})
    with pytest.raises(redis.AuthenticationError):
        redis_client(group, user="shop-leaver").get("shown:a")
    group.update(REDIS)


def test_nobody_enters_without_a_user(group: Stack) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(
            host=group.values["Host"], port=int(group.values["Port"]), ssl=True, ssl_ca_certs=str(CA_FILE)
        ).ping()


@pytest.mark.usefixtures("group")
def test_users_are_described_as_those_who_sign_in_by_iam(cloud: Cloud) -> None:
    users = cloud.client("elasticache").describe_users(UserId="shop-reader")["Users"]
    assert [(user["Engine"], user["Authentication"]["Type"]) for user in users] == [("valkey", "iam")]


def test_a_replication_group_can_be_made_and_deleted_by_the_api(cloud: Cloud, group: Stack) -> None:
    elasticache = cloud.client("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="by-api", ReplicationGroupDescription="by api", Engine="valkey", UserGroupIds=["shop"]
    )
    made = elasticache.describe_replication_groups(ReplicationGroupId="by-api")["ReplicationGroups"][0]
    endpoint = made["NodeGroups"][0]["PrimaryEndpoint"]
    assert str(endpoint["Port"]) != group.values["Port"]
    node = elasticache.describe_cache_clusters(CacheClusterId=made["MemberClusters"][0], ShowCacheNodeInfo=True)
    assert node["CacheClusters"][0]["CacheNodes"][0]["Endpoint"] == endpoint
    elasticache.delete_replication_group(ReplicationGroupId="by-api")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((endpoint["Address"], endpoint["Port"]))


def test_a_changed_access_string_and_parameter_reach_the_running_redis(group: Stack) -> None:
    redis_client(group).set("shown:kept", "1")
    group.update(
        REDIS
        | {
            "Reader": changed(REDIS["Reader"], AccessString="on ~* -@all +get +config|get"),
            "Parameters": changed(REDIS["Parameters"], Properties={"maxmemory-policy": "noeviction"}),
        }
    )
    client = redis_client(group)
    assert client.get("shown:kept") == b"1"
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    group.update(REDIS)


def test_a_deleted_replication_group_is_gone(cloud: Cloud) -> None:
    resources = REDIS | {
        "Reader": changed(REDIS["Reader"], UserId="gone", UserName="gone"),
        "Leaver": changed(REDIS["Leaver"], UserId="gone-too", UserName="gone-too"),
        "Readers": changed(REDIS["Readers"], UserGroupId="gone"),
    }
    stack = Stack(cloud, "stores-gone", resources, "Group", "PrimaryEndPoint")
    client = redis_client(stack, user="gone")
    assert client.get("shown:a") is None
    stack.delete()
    deadline = time.monotonic() + 10
    with pytest.raises(redis.ConnectionError):  # noqa: PT012 (until it is gone)
        while time.monotonic() < deadline:
            redis_client(stack, user="gone").get("shown:a")
            time.sleep(0.1)


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
    port = cluster.values["Port"]
    cluster.update(DATABASE | {"Cluster": changed(DATABASE["Cluster"], BackupRetentionPeriod=7)})
    assert cluster.values["Port"] == port


def test_a_database_whose_master_would_have_a_password_is_refused(cloud: Cloud) -> None:
    properties = DATABASE["Cluster"]["Properties"].items()
    rest = {name: value for name, value in properties if name != "MasterUserAuthenticationType"}
    with pytest.raises(AssertionError, match="set MasterUserAuthenticationType: iam-db-auth"):
        put_stack(cloud, "create", "stores-password", {"Resources": {"C": DATABASE["Cluster"] | {"Properties": rest}}})


@pytest.mark.needs("memcached")
def test_a_memcached_cluster_is_a_memcached_behind_tls(cloud: Cloud) -> None:
    stack = Stack(cloud, "stores-memcached", MEMCACHED, "Cluster", "ConfigurationEndpoint")
    context = ssl.create_default_context(cafile=str(CA_FILE))
    client = pymemcache.Client((stack.values["Host"], int(stack.values["Port"])), tls_context=context)
    client.set("a", b"1", noreply=False)
    assert client.get("a") == b"1"
    clusters = cloud.client("elasticache").describe_cache_clusters()["CacheClusters"]
    endpoints = [each["ConfigurationEndpoint"] for each in clusters if each["Engine"] == "memcached"]
    assert [str(endpoint["Port"]) for endpoint in endpoints] == [stack.values["Port"]]
    stack.delete()


@pytest.fixture
def own_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud for one test, where no program of the system is found but those that run PostgreSQL."""
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    (tmp_path / "programs").mkdir()
    if setpriv := shutil.which("setpriv", path=os.defpath):
        (tmp_path / "programs" / "setpriv").symlink_to(setpriv)
    started = start(port=free_port(), state=tmp_path / "cloud")
    yield started
    started.stop()


def test_a_memcached_cluster_without_the_program_fails_with_the_way_out(own_cloud: Cloud) -> None:
    for attempt in ("first", "second"):
        with pytest.raises(AssertionError, match="no program memcached; install it, on Debian and Ubuntu: apt install"):
            put_stack(own_cloud, "create", f"stores-{attempt}", {"Resources": MEMCACHED})
    assert own_cloud.client("elasticache").describe_cache_clusters()["CacheClusters"] == []


def test_stopping_the_cloud_ends_its_servers_in_good_order(own_cloud: Cloud) -> None:
    put_stack(own_cloud, "create", "stores-redis", {"Resources": REDIS})
    cluster = Stack(own_cloud, "stores-database", DATABASE, "Cluster", "Endpoint")
    with sign_in(cluster):
        servers = _descendants(own_cloud.pid)
        names = " ".join(servers.values())
        assert "valkey" in names
        assert "postgres" in names
        own_cloud.stop()
    assert not servers.keys() & _processes().keys()
    assert not (own_cloud.state / "tmp").exists()


def _processes() -> dict[int, tuple[int, str]]:
    """The parent and command of every process that lives, by its id."""
    lines = subprocess.run(["/bin/ps", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=3) for line in lines.stdout.splitlines())
    return {int(row[0]): (int(row[1]), row[-1]) for row in rows if not row[2].startswith("Z")}


def _descendants(ancestor: int) -> dict[int, str]:
    processes = _processes()
    found = {ancestor: ""}
    while more := {
        pid: command for pid, (parent, command) in processes.items() if parent in found and pid not in found
    }:
        found |= more
    return found
