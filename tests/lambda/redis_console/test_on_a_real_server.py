"""Commands on a real Valkey behind TLS."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from data_access.redis_server import RedisServer
from local.servers.authority import CA_FILE
from local.servers.valkey import Valkey
from redis_console.console import answer

pytestmark = pytest.mark.usefixtures("role")


@pytest.fixture(scope="module")
def server(valkey: Valkey) -> RedisServer:
    valkey.set_user("console", "on ~* &* +@all -@admin")
    return RedisServer(
        host="localhost",
        port=valkey.port,
        name="edgepost-cache",
        user="console",
        ca_file=str(CA_FILE),
        timeout_ms=500,
        connect_timeout_ms=2000,
    )


@pytest.fixture
def key() -> str:
    return f"console:{uuid4().hex}"


def run(server: RedisServer, *command: str) -> Any:
    """The answer, having gone through JSON as between Lambda and whoever asked."""
    return json.loads(json.dumps(answer({"command": list(command)}, server=server)))


def test_a_value_that_is_set_is_read_again(server: RedisServer, key: str) -> None:
    assert run(server, "set", key, "日本 語 'x'\n") == {"answer": "OK"}
    assert run(server, "get", key) == {"answer": "日本 語 'x'\n"}


def test_nothing_is_null(server: RedisServer, key: str) -> None:
    assert run(server, "get", key) == {"answer": None}
    assert run(server, "mget", key, key) == {"answer": [None, None]}


def test_numbers_are_numbers(server: RedisServer, key: str) -> None:
    assert run(server, "incrby", key, "41") == {"answer": 41}
    assert run(server, "exists", key) == {"answer": 1}


def test_lists_are_lists(server: RedisServer, key: str) -> None:
    run(server, "set", key, "x")
    assert run(server, "keys", key[:-1] + "*") == {"answer": [key]}
    assert run(server, "eval", "return {1, 'two', {3, {}}}", "0") == {"answer": [1, "two", [3, []]]}


def test_maps_come_as_redis_sends_them(server: RedisServer, key: str) -> None:
    run(server, "hset", key, "field", "value")
    assert run(server, "hgetall", key) == {"answer": ["field", "value"]}


def test_bytes_that_are_no_text_are_shown_escaped(server: RedisServer, key: str) -> None:
    assert run(server, "eval", r"return '\255ok'", "0") == {"answer": "\\xffok"}
    assert run(server, "exists", key) == {"answer": 0}


def test_what_the_user_may_not_run_is_an_error_with_its_code(server: RedisServer) -> None:
    answered = run(server, "config", "get", "maxmemory")
    assert answered["error"].startswith("NOPERM ")
    assert "config|get" in answered["error"]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (["nonsense"], "ERR unknown command 'nonsense', with args beginning with:"),
        (["get"], "ERR wrong number of arguments for 'get' command"),
        (
            ["set", "\ud800", "x"],
            "'utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed",
        ),
    ],
)
def test_what_the_server_does_not_take_is_an_error_in_one_line(
    server: RedisServer, command: list[str], error: str
) -> None:
    assert run(server, *command) == {"error": error}


def test_a_command_that_waits_is_given_up(server: RedisServer, key: str) -> None:
    assert "Timeout" in run(server, "blpop", key, "0")["error"]


def test_no_command_leaves_anything_behind_for_the_next(server: RedisServer, key: str) -> None:
    assert run(server, "multi") == {"answer": "OK"}
    run(server, "subscribe", key)
    assert run(server, "set", key, "x") == {"answer": "OK"}


def test_an_unknown_user_is_an_error(server: RedisServer) -> None:
    assert run(replace(server, user="stranger"), "ping")["error"].startswith("WRONGPASS ")
