"""TestFailover of the embedded cloud: the Redis is away for a moment, and back with its data under another primary."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.local.stores import Stack, redis_client, redis_of
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Iterator[Stack]:
    stack = Stack(cloud, "stores-failover", redis_of("failing"), "Group", "PrimaryEndPoint")
    yield stack
    stack.delete()


def group_of(stack: Stack) -> dict[str, Any]:
    groups = stack.cloud.client("elasticache").describe_replication_groups()["ReplicationGroups"]
    return next(
        each for each in groups if str(each["NodeGroups"][0]["PrimaryEndpoint"]["Port"]) == stack.values["Port"]
    )


def roles(stack: Stack) -> list[str]:
    return [member["CurrentRole"] for member in group_of(stack)["NodeGroups"][0]["NodeGroupMembers"]]


def test_a_failover_takes_redis_away_for_a_moment_and_keeps_its_data(cloud: Cloud, stack: Stack) -> None:
    client = redis_client(stack, user="failing")
    client.set("shown:a", "1")
    name = group_of(stack)["ReplicationGroupId"]
    assert roles(stack) == ["primary", "replica"]
    asked = cloud.client("elasticache").test_failover(ReplicationGroupId=name, NodeGroupId="0001")
    assert asked["ReplicationGroup"]["Status"] == "modifying"

    def away() -> bool:
        try:
            client.get("shown:a")
        except redis.RedisError:
            return True
        return False

    assert wait_until(away)
    wait_until(lambda: group_of(stack)["Status"] == "available")
    assert redis_client(stack, user="failing").get("shown:a") == b"1"
    assert roles(stack) == ["replica", "primary"]
    events = cloud.client("elasticache").describe_events(SourceIdentifier=name)["Events"]
    assert [event["Message"].split()[0] for event in events][-2:] == ["Test", "Failover"]


@pytest.mark.parametrize(
    ("group", "shard", "code"),
    [("nowhere", "0001", "ReplicationGroupNotFoundFault"), ("", "0002", "NodeGroupNotFoundFault")],
)
def test_what_is_not_there_does_not_fail_over(cloud: Cloud, stack: Stack, group: str, shard: str, code: str) -> None:
    with pytest.raises(ClientError, match=code):
        cloud.client("elasticache").test_failover(
            ReplicationGroupId=group or group_of(stack)["ReplicationGroupId"], NodeGroupId=shard
        )


def test_a_group_without_automatic_failover_is_refused(cloud: Cloud) -> None:
    elasticache = cloud.client("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="alone", ReplicationGroupDescription="alone", Engine="valkey"
    )
    with pytest.raises(ClientError, match="automatic failover"):
        elasticache.test_failover(ReplicationGroupId="alone", NodeGroupId="0001")
    elasticache.delete_replication_group(ReplicationGroupId="alone")
