"""Connections to a real PostgreSQL behind TLS."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from data_access.postgres_server import DatabaseUnavailable, PostgresServer, connect
from local.servers.authority import CA_FILE
from local.servers.postgres import Postgres

pytestmark = pytest.mark.usefixtures("role")


@pytest.fixture(scope="module")
def server(postgres: Postgres) -> PostgresServer:
    postgres.create_cluster(master="access_master", database="access")
    return PostgresServer(
        host="localhost", port=postgres.port, database="access", user="access_master", ca_file=str(CA_FILE)
    )


@pytest.fixture(params=["stop", "pause"])
def away(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[None]:
    """The database refuses connections, or takes them and answers nothing."""
    leave, come_back = {"stop": (postgres.stop, postgres.resume), "pause": (postgres.pause, postgres.unpause)}[
        request.param
    ]
    leave()
    yield
    come_back()


def test_a_member_of_rds_iam_signs_in_with_a_token_over_tls(server: PostgresServer) -> None:
    with connect(server, patience_seconds=5) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("access_master", "access")
        assert connection.pgconn.ssl_in_use


def test_the_block_is_one_transaction_and_closes_the_connection(server: PostgresServer) -> None:
    with connect(server, patience_seconds=5) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('committed')")
    assert connection.closed
    with pytest.raises(ValueError, match="the caller's own"), connect(server, patience_seconds=5) as connection:  # noqa: PT012
        connection.execute("INSERT INTO kept VALUES ('rolled back')")
        raise ValueError("the caller's own")
    with connect(server, patience_seconds=5) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("committed",)]


def test_a_database_that_comes_back_in_time_is_waited_for(server: PostgresServer, postgres: Postgres) -> None:
    postgres.stop()
    back = threading.Timer(1, postgres.resume)
    back.start()
    began = time.monotonic()
    with connect(server, patience_seconds=20) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - began > 0.9
    back.join()


@pytest.mark.usefixtures("away")
def test_a_database_that_stays_away_is_unavailable_after_the_patience(server: PostgresServer) -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match="database 'localhost' did not answer within 1 s: "):
        connect(server, patience_seconds=1)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("change", [{"user": "nobody_at_all"}, {"database": "no_such_database"}, {"ca_file": ""}])
def test_what_is_refused_fails_at_once(server: PostgresServer, change: dict[str, str]) -> None:
    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        connect(replace(server, **change), patience_seconds=20)
    assert time.monotonic() - began < 3


def test_a_server_with_the_certificate_of_another_is_refused(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        connect(replace(server, host="other.example"), patience_seconds=20)
