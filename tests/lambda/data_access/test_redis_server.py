"""How a connection to Redis begins, ends and is made anew."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import redis
import trustme

from data_access import redis_server
from data_access.redis_server import RedisServer, connect

pytestmark = pytest.mark.usefixtures("role")


def ask(client: redis.Redis) -> Any:
    """The stand-in answers with the number of the connection."""
    return client.execute_command("GET", "key")


def test_a_server_is_described_by_the_environment_variables_of_its_prefix() -> None:
    environment = {
        "SESSIONS_HOST": "master.sessions.example",
        "SESSIONS_PORT": "6379",
        "SESSIONS_NAME": "sessions",
        "SESSIONS_USER": "blog",
        "CACHE_TIMEOUT_MS": "100",
        "CACHE_CONNECT_TIMEOUT_MS": "500",
    }
    described = RedisServer(
        host="master.sessions.example",
        port=6379,
        name="sessions",
        user="blog",
        timeout_ms=100,
        connect_timeout_ms=500,
    )
    assert RedisServer.from_environment("SESSIONS", environment) == described
    with_ca = RedisServer.from_environment("SESSIONS", environment | {"CA_FILE": "/ca.pem"})
    assert with_ca == replace(described, ca_file="/ca.pem")


def test_nothing_is_sent_before_the_first_command_but_the_sign_in_by_a_token(stand_in: Any) -> None:
    ask(connect(stand_in.server()))
    [[sign_in, command]] = stand_in.sessions
    assert sign_in[:2] == ["AUTH", "blog"]
    assert sign_in[2].startswith("edgepost-cache/?Action=connect&User=blog&X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert command == ["GET", "key"]


def test_a_connection_is_kept_for_the_next_command(stand_in: Any) -> None:
    client = connect(stand_in.server())
    assert [ask(client), ask(client)] == [1, 1]


def test_each_connection_signs_in_with_a_token_of_its_own(stand_in: Any) -> None:
    client = connect(stand_in.server())
    ask(client)
    client.connection_pool.disconnect()
    time.sleep(1.1)
    ask(client)
    assert len({commands[0][2] for commands in stand_in.sessions}) == 2


def test_a_command_whose_connection_is_lost_is_sent_once_more_on_a_new_one(stand_in: Any) -> None:
    client = connect(stand_in.server())
    ask(client)
    stand_in.losses = 1
    assert ask(client) == 2


def test_it_is_not_sent_a_third_time(stand_in: Any) -> None:
    client = connect(stand_in.server())
    ask(client)
    stand_in.losses = 5
    with pytest.raises(redis.ConnectionError):
        ask(client)
    assert len(stand_in.sessions) == 2


def test_a_command_that_takes_too_long_is_given_up_and_not_sent_again(stand_in: Any) -> None:
    client = connect(stand_in.server(timeout_ms=150))
    ask(client)
    stand_in.delays["GET"] = 2.0
    began = time.monotonic()
    with pytest.raises(redis.TimeoutError):
        ask(client)
    assert time.monotonic() - began < 1
    assert [command for commands in stand_in.sessions for command in commands].count(["GET", "key"]) == 2


def test_a_server_that_is_away_is_a_connection_error() -> None:
    server = RedisServer(host="localhost", port=9, name="n", user="u", timeout_ms=150, connect_timeout_ms=100)
    with pytest.raises(redis.ConnectionError):
        connect(server).get("key")


def test_signing_in_may_take_longer_than_an_answer(stand_in: Any) -> None:
    stand_in.delays["AUTH"] = 0.4
    assert ask(connect(stand_in.server(timeout_ms=150))) == 1


def test_signing_in_has_a_limit_too(stand_in: Any) -> None:
    stand_in.delays["AUTH"] = 2.0
    with pytest.raises(redis.TimeoutError):
        ask(connect(stand_in.server(connect_timeout_ms=200)))
    assert len(stand_in.sessions) == 1


@pytest.mark.parametrize("losses", [0, 1])
def test_an_answers_limit_holds_on_a_connection_that_had_time_to_sign_in(stand_in: Any, losses: int) -> None:
    client = connect(stand_in.server(timeout_ms=150, connect_timeout_ms=5000))
    ask(client)
    stand_in.losses = losses
    stand_in.delays["GET"] = 1.5
    began = time.monotonic()
    with pytest.raises(redis.TimeoutError):
        ask(client)
    assert time.monotonic() - began < 1
    assert len(stand_in.sessions) == 1 + losses


def test_a_connection_is_made_anew_before_it_is_12_hours_old(stand_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(redis_server, "time", Clock(now))
    client = connect(stand_in.server())
    assert ask(client) == 1
    monkeypatch.setattr(redis_server, "time", Clock(now + 10.9 * 3600))
    assert ask(client) == 1
    monkeypatch.setattr(redis_server, "time", Clock(now + 11.1 * 3600))
    assert ask(client) == 2
    monkeypatch.setattr(redis_server, "time", Clock(now + 22 * 3600))
    assert ask(client) == 2


class Clock:
    """A clock that stands still."""

    def __init__(self, now: float) -> None:
        self.monotonic = lambda: now


def test_a_certificate_of_another_authority_is_refused(stand_in: Any, tmp_path: Any) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    for ca_file in (str(other), ""):
        with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(connect(stand_in.server(ca_file=ca_file)))
    assert stand_in.sessions == []


def test_a_certificate_for_another_host_is_refused(stand_in: Any) -> None:
    with pytest.raises(redis.ConnectionError, match="IP address mismatch"):
        ask(connect(stand_in.server(host="127.0.0.1")))
    assert stand_in.sessions == []


def test_many_threads_may_share_a_client(stand_in: Any) -> None:
    client = connect(stand_in.server(timeout_ms=5000, connect_timeout_ms=5000))
    together = threading.Barrier(20)

    def command(number: int) -> Any:
        together.wait()
        return client.execute_command("GET", f"key-{number}")

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(command, range(20)))
    for number, answer in enumerate(answers):
        assert ["GET", f"key-{number}"] in stand_in.sessions[answer - 1]
