"""The real servers: their TLS, who may enter, and that they end with the process that started them."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pymemcache  # pyright: ignore[reportMissingTypeStubs]
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.servers.authority import CA_FILE, KEY_FILE
from local.servers.keeper import Order
from local.servers.memcached import Memcached
from local.servers.server import Server, ServerError, free_port
from local.servers.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "any-token"
ONCE = Retry(NoBackoff(), 0)


def redis_client(server: Valkey, user: str | None = "reader", **more: Any) -> redis.Redis:
    password = TOKEN if user else None
    return redis.Redis(
        host="127.0.0.1",
        port=server.port,
        ssl=True,
        ssl_ca_certs=str(CA_FILE),
        username=user,
        password=password,
        **more,
    )


@pytest.fixture
def reader(valkey: Valkey) -> redis.Redis:
    valkey.set_user("reader", "on ~shown:* -@all +get +set")
    return redis_client(valkey)


def test_a_redis_user_enters_over_tls_by_any_token(reader: redis.Redis) -> None:
    reader.set("shown:a", "1")
    assert reader.get("shown:a") == b"1"


def test_a_redis_user_may_do_only_what_the_access_string_says(reader: redis.Redis) -> None:
    with pytest.raises(redis.RedisError, match="No permissions"):
        reader.get("hidden:a")
    with pytest.raises(redis.RedisError, match="no permissions"):
        reader.keys("*")


@pytest.mark.usefixtures("reader")
def test_nobody_enters_redis_without_a_user(valkey: Valkey) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis_client(valkey, user=None).get("shown:a")
    with pytest.raises(redis.AuthenticationError):
        redis_client(valkey, user="stranger").get("shown:a")


@pytest.mark.usefixtures("reader")
def test_a_client_that_does_not_trust_the_authority_refuses_the_server(valkey: Valkey) -> None:
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        redis.Redis(host="127.0.0.1", port=valkey.port, ssl=True, retry=ONCE).ping()


def test_a_parameter_group_sets_what_valkey_does(tmp_path: Path) -> None:
    server = Valkey.start(tmp_path / "valkey", parameters={"maxmemory-policy": "volatile-ttl", "timeout": "77"})
    assert server.admin().config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-ttl"}
    server.set_parameters({"maxmemory-policy": "noeviction"})
    server.restart()
    assert server.admin().config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert server.admin().config_get("timeout") == {"timeout": "77"}
    server.close()


def test_a_parameter_that_valkey_does_not_know_is_left_out_with_a_word(
    valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.set_parameters({"reserved-memory-percent": "25", "timeout": "0"})
    assert "parameter reserved-memory-percent" in caplog.text


def test_users_that_are_named_no_more_do_not_enter_redis(tmp_path: Path) -> None:
    server = Valkey.start(tmp_path / "valkey")
    server.set_users({"reader": "on ~* +get", "writer": "on ~* +set"})
    server.set_users({"writer": "on ~* +set"})
    assert redis_client(server, user="writer").set("a", "1")
    with pytest.raises(redis.AuthenticationError):
        redis_client(server, user="reader").get("a")
    server.close()


def test_users_survive_a_restart_of_redis_and_data_do_not(tmp_path: Path) -> None:
    server = Valkey.start(tmp_path / "valkey")
    server.set_user("reader", "on ~* -@all +get +set")
    client = redis_client(server)
    client.set("a", "1")
    server.restart()
    assert client.get("a") is None
    server.close()


def test_a_stopped_server_refuses_connections(tmp_path: Path) -> None:
    server = Valkey.start(tmp_path / "valkey")
    server.stop()
    with pytest.raises(redis.ConnectionError):
        redis_client(server).ping()
    server.close()


def test_a_paused_server_answers_nothing(tmp_path: Path) -> None:
    server = Valkey.start(tmp_path / "valkey")
    server.set_user("reader", "on ~* -@all +get")
    client = redis_client(server, socket_timeout=0.3)
    assert client.get("a") is None
    server.pause()
    with pytest.raises(redis.TimeoutError):
        client.get("a")
    server.unpause()
    server.close()


def test_a_server_that_cannot_start_says_where_to_look(tmp_path: Path) -> None:
    order = Order(command=["false"], folder=str(tmp_path), plain_port=free_port(), tls_port=free_port())
    with pytest.raises(ServerError, match=rf"^false ended; see {tmp_path}/server\.log$"):
        Server(order)


def test_a_client_may_call_the_server_localhost(valkey: Valkey) -> None:
    context = ssl.create_default_context(cafile=str(CA_FILE))
    with (
        socket.create_connection(("127.0.0.1", valkey.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as encrypted,
    ):
        assert encrypted.version() == "TLSv1.3"


def test_large_values_pass_both_ways(valkey: Valkey) -> None:
    valkey.set_user("reader", "on ~shown:* -@all +get +set")
    value = os.urandom(20_000_000)
    client = redis_client(valkey)
    client.set("shown:large", value)
    assert client.get("shown:large") == value


@pytest.mark.needs("memcached")
def test_memcached_is_entered_over_tls(memcached: Memcached) -> None:
    context = ssl.create_default_context(cafile=str(CA_FILE))
    client = pymemcache.Client(("127.0.0.1", memcached.port), tls_context=context)
    client.set("a", b"1", noreply=False)
    assert client.get("a") == b"1"


@pytest.mark.usefixtures("valkey")
def test_the_key_of_the_authority_is_for_its_owner_alone() -> None:
    assert KEY_FILE.stat().st_mode & 0o077 == 0


START = """
from pathlib import Path
from local.servers.valkey import Valkey
from local.servers.postgres import Postgres
folder = Path({folder!r})
servers = [Valkey.start(folder / "v"), Postgres.start(folder / "p")]
print(*(server.pid for server in servers), flush=True)
input()
"""


def test_servers_end_with_the_process_that_started_them_even_when_it_is_killed(tmp_path: Path) -> None:
    code = START.format(folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as own:
        assert own.stdout
        pids = [int(pid) for pid in own.stdout.readline().split()]
        assert len(pids) == 2
        own.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < deadline, f"{pids} live on"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
