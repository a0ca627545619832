"""What the console answers where no server is needed for it."""

import importlib
import json
from typing import Any

import pytest

from data_access.redis_server import RedisServer
from redis_console.console import answer

pytestmark = pytest.mark.usefixtures("role")

NOWHERE = RedisServer(
    host="localhost", port=9, name="edgepost-cache", user="console", timeout_ms=100, connect_timeout_ms=100
)


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        None,
        "get key",
        {"command": "get key"},
        {"command": []},
        {"command": [""]},
        {"command": ["  "]},
        {"command": ["set", "key", 1]},
        {"command": [["get"], "key"]},
        {"command": None},
    ],
)
def test_an_event_of_another_shape_is_an_error_that_shows_it_and_what_is_expected(event: Any) -> None:
    assert answer(event, server=NOWHERE) == {
        "error": f'event is {event!r}, expected {{"command": ["get", "key"]}}: a list of strings'
    }


def test_a_server_that_nobody_reaches_is_an_error_in_one_line() -> None:
    answered = answer({"command": ["get", "key"]}, server=NOWHERE)
    assert list(answered) == ["error"]
    assert "connecting to localhost:9" in answered["error"]
    assert "\n" not in answered["error"]


def test_the_handler_asks_the_server_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "REDIS_HOST": "localhost",
        "REDIS_PORT": "9",
        "REDIS_NAME": "edgepost-cache",
        "REDIS_USER": "console",
        "CACHE_TIMEOUT_MS": "100",
        "CACHE_CONNECT_TIMEOUT_MS": "100",
    }.items():
        monkeypatch.setenv(name, value)
    handler = importlib.import_module("redis_console.handler")
    assert handler.server == NOWHERE
    assert "localhost:9" in json.dumps(handler.handle({"command": ["ping"]}, None))
