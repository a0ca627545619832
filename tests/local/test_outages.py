"""Servers that are away for a while when a test asks for it: readers find them gone, and then back."""

import time
from collections.abc import Iterator

import pytest
import redis

from local.cloud import Cloud
from local.outages import Outages
from tests.local.stores import Stack, redis_client, redis_of
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def stack(cloud: Cloud) -> Iterator[Stack]:
    stack = Stack(cloud, "stores-outage", redis_of("outage"), "Group", "PrimaryEndPoint")
    yield stack
    stack.delete()


def test_a_redis_is_away_for_a_while_and_comes_back_without_its_data(cloud: Cloud, stack: Stack) -> None:
    outages = Outages(cloud.endpoint)
    client = redis_client(stack, user="outage")
    client.set("shown:a", "1")
    began = time.monotonic()
    outages.begin("valkey", seconds=1)
    assert "valkey" in outages.away()
    assert wait_until(lambda: refuses(client), within=10)
    wait_until(lambda: not outages.away())
    assert time.monotonic() - began >= 1
    assert redis_client(stack, user="outage").get("shown:a") is None


def refuses(client: redis.Redis) -> bool:
    try:
        client.get("shown:a")
    except redis.ConnectionError:
        return True
    return False


def test_a_kind_that_does_not_run_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="expected valkey or postgres"):
        Outages(cloud.endpoint).begin("oracle", seconds=1)
