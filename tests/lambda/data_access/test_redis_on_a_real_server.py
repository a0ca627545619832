"""Connections to a real Valkey behind TLS."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from redis.exceptions import NoPermissionError

from data_access.redis_server import RedisServer, connect
from local.servers.authority import CA_FILE
from local.servers.valkey import Valkey

pytestmark = pytest.mark.usefixtures("role")


@pytest.fixture
def client(valkey: Valkey) -> redis.Redis:
    """A client of a user who may run GET and SET, and nothing that a library might send by itself."""
    valkey.set_user("access", "on ~access:* -@all +get +set")
    return connect(
        RedisServer(
            host="localhost",
            port=valkey.port,
            name="edgepost-cache",
            user="access",
            ca_file=str(CA_FILE),
            timeout_ms=300,
            connect_timeout_ms=2000,
        )
    )


@pytest.fixture
def paused(valkey: Valkey) -> Iterator[Valkey]:
    yield valkey
    valkey.unpause()


def test_rights_to_the_commands_themselves_are_enough(client: redis.Redis) -> None:
    client.set("access:key", "value")
    assert client.get("access:key") == b"value"


def test_other_commands_and_keys_are_refused(client: redis.Redis) -> None:
    with pytest.raises(NoPermissionError):
        client.delete("access:key")
    with pytest.raises(NoPermissionError):
        client.get("another:key")


def test_a_server_that_was_restarted_is_reconnected_to_at_once(client: redis.Redis, valkey: Valkey) -> None:
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda number: client.set(f"access:{number}", "x"), range(20)))
        valkey.restart()
        assert list(threads.map(lambda number: client.set(f"access:{number}", "x"), range(20))) == [True] * 20


def test_a_server_that_hangs_costs_the_timeout_and_no_more(client: redis.Redis, paused: Valkey) -> None:
    client.get("access:key")
    paused.pause()
    began = time.monotonic()
    with pytest.raises(redis.TimeoutError):
        client.get("access:key")
    assert 0.2 < time.monotonic() - began < 1


def test_a_client_works_again_once_the_server_does(client: redis.Redis, paused: Valkey) -> None:
    client.set("access:key", "kept")
    paused.pause()
    with pytest.raises(redis.TimeoutError):
        client.get("access:key")
    paused.unpause()
    assert client.get("access:key") == b"kept"
