"""What a template calls a cache is a real one in the embedded cloud."""

import socket
import ssl
import time
from collections.abc import Iterator

import pymemcache  # pyright: ignore[reportMissingTypeStubs]
import pytest
import redis

from local.cloud import Cloud
from local.servers.authority import CA_FILE
from tests.local.stores import MEMCACHED, REDIS, Stack, changed, redis_client, redis_of


@pytest.fixture(scope="module")
def group(cloud: Cloud) -> Iterator[Stack]:
    stack = Stack(cloud, "stores-redis", REDIS, "Group", "PrimaryEndPoint")
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
    stack = Stack(cloud, "stores-gone", redis_of("gone"), "Group", "PrimaryEndPoint")
    client = redis_client(stack, user="gone")
    assert client.get("shown:a") is None
    stack.delete()
    deadline = time.monotonic() + 10
    with pytest.raises(redis.ConnectionError):  # noqa: PT012 (until it is gone)
        while time.monotonic() < deadline:
            redis_client(stack, user="gone").get("shown:a")
            time.sleep(0.1)


@pytest.mark.needs("memcached")
def test_a_memcached_cluster_is_a_memcached_behind_tls(cloud: Cloud) -> None:
    stack = Stack(cloud, "stores-memcached", MEMCACHED, "Cluster", "ConfigurationEndpoint")
    context = ssl.create_default_context(cafile=str(CA_FILE))
    client = pymemcache.Client((stack.values["Host"], int(stack.values["Port"])), tls_context=context)
    client.set("a", b"1", noreply=False)
    assert client.get("a") == b"1"
    clusters = cloud.client("elasticache").describe_cache_clusters()["CacheClusters"]
    endpoints = [each["ConfigurationEndpoint"] for each in clusters if each["Engine"] == "memcached"]
    assert stack.values["Port"] in [str(endpoint["Port"]) for endpoint in endpoints]
    stack.delete()
