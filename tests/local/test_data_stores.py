"""What a template calls a cache or a database is a real one in the embedded cloud."""

import ssl
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pymemcache  # pyright: ignore[reportMissingTypeStubs]
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.cloud import Cloud
from local.servers.authority import CA_FILE
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
    "Readers": {
        "Type": "AWS::ElastiCache::UserGroup",
        "Properties": {"Engine": "valkey", "UserGroupId": "shop", "UserIds": [{"Ref": "Reader"}]},
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


def test_a_changed_access_string_and_parameter_reach_the_running_redis(group: Stack) -> None:
    user = REDIS["Reader"]["Properties"] | {"AccessString": "on ~* -@all +get +config|get"}
    parameters = REDIS["Parameters"]["Properties"] | {"Properties": {"maxmemory-policy": "noeviction"}}
    client = redis_client(group)
    client.set("shown:kept", "1")
    group.update(
        REDIS
        | {
            "Reader": REDIS["Reader"] | {"Properties": user},
            "Parameters": REDIS["Parameters"] | {"Properties": parameters},
        }
    )
    changed = redis_client(group)
    assert changed.get("shown:kept") == b"1"
    assert changed.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    group.update(REDIS)


def test_a_deleted_replication_group_is_gone(cloud: Cloud) -> None:
    names = {
        "Reader": {"UserId": "gone", "UserName": "gone"},
        "Readers": {"UserGroupId": "gone"},
    }
    resources = {
        name: resource | {"Properties": resource["Properties"] | names.get(name, {})}
        for name, resource in REDIS.items()
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
    with psycopg.connect(
        host=cluster.values["Host"],
        port=cluster.values["Port"],
        dbname="shelf",
        user="keeper",
        password=TOKEN,
        sslmode="verify-full",
        sslrootcert=str(CA_FILE),
    ) as connection:
        connection.execute("CREATE TABLE books (title text)")
        row = connection.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == ("keeper", False)


@pytest.mark.needs("memcached")
def test_a_memcached_cluster_is_a_memcached_behind_tls(cloud: Cloud) -> None:
    stack = Stack(cloud, "stores-memcached", MEMCACHED, "Cluster", "ConfigurationEndpoint")
    context = ssl.create_default_context(cafile=str(CA_FILE))
    client = pymemcache.Client((stack.values["Host"], int(stack.values["Port"])), tls_context=context)
    client.set("a", b"1", noreply=False)
    assert client.get("a") == b"1"
    stack.delete()
