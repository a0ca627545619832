"""How long and for what a connection to PostgreSQL is tried."""

import time
from typing import Any

import psycopg
import pytest

from data_access import postgres_server
from data_access.postgres_server import RDS_CA_FILE, DatabaseUnavailable, PostgresServer, connect

pytestmark = pytest.mark.usefixtures("role")

SERVER = PostgresServer(host="db.example", port=5432, database="blog", user="blog")
PREFIX = 'connection failed: connection to server at "10.0.0.7", port 5432 failed: '

# What libpq and PostgreSQL say of a database that only needs time.
PASSING = [
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
    "FATAL:  the database system is starting up",
    "FATAL:  the database system is shutting down",
    "FATAL:  the database system is not yet accepting connections\nDETAIL:  Consistent recovery state has not been yet",
    "FATAL:  the database system is in recovery mode",
    "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    "SSL SYSCALL error: EOF detected",
    "server closed the connection unexpectedly",
]
# What they say where no waiting helps.
LASTING = [
    'FATAL:  PAM authentication failed for user "blog"',
    'FATAL:  password authentication failed for user "blog"',
    'FATAL:  role "blog" does not exist',
    'FATAL:  database "blog" does not exist',
    'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "blog", database "blog", SSL encryption',
    'FATAL:  role "blog" is not permitted to log in',
    'FATAL:  permission denied for database "blog"\nDETAIL:  User does not have CONNECT privilege.',
    "SSL error: certificate verify failed",
    'server certificate for "other.example" does not match host name "db.example"',
    'root certificate file "/nowhere.pem" does not exist',
]


class Tries:
    """Takes the place of psycopg's connect: raises the errors one after another, then connects."""

    def __init__(self) -> None:
        self.errors: list[Any] = []
        self.made: list[dict[str, Any]] = []

    def __call__(self, **parameters: Any) -> str:
        self.made.append(parameters)
        if self.errors:
            raise self.errors.pop(0)
        return "connection"


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Tries:
    made = Tries()
    monkeypatch.setattr(psycopg, "connect", made)
    monkeypatch.setattr(postgres_server, "PAUSE_S", 0.01)
    return made


def test_a_server_is_described_by_environment_variables() -> None:
    environment = {
        "DATABASE_HOST": "db.example",
        "DATABASE_PORT": "5432",
        "DATABASE_NAME": "blog",
        "DATABASE_USER": "blog",
    }
    assert PostgresServer.from_environment(environment) == SERVER
    assert PostgresServer.from_environment(environment | {"CA_FILE": "/ca.pem"}).ca_file == "/ca.pem"


def test_the_server_must_prove_its_name_to_the_roots_of_rds(tries: Tries) -> None:
    connect(SERVER, patience_seconds=1)
    assert tries.made[0]["sslmode"] == "verify-full"
    assert tries.made[0]["sslrootcert"] == str(RDS_CA_FILE)


def test_the_password_is_a_token_for_the_user_and_server(tries: Tries) -> None:
    connect(SERVER, patience_seconds=1)
    assert tries.made[0]["password"].startswith("db.example:5432/?Action=connect&DBUser=blog&X-Amz-Algorithm=")


@pytest.mark.parametrize("text", PASSING)
def test_what_only_needs_time_is_tried_again(tries: Tries, text: str) -> None:
    tries.errors = [psycopg.OperationalError(PREFIX + text)] * 3
    connect(SERVER, patience_seconds=5)
    assert len(tries.made) == 4


def test_a_connection_that_takes_too_long_is_tried_again(tries: Tries) -> None:
    tries.errors = [psycopg.errors.ConnectionTimeout("connection timeout expired")]
    connect(SERVER, patience_seconds=5)
    assert len(tries.made) == 2


@pytest.mark.parametrize("text", LASTING)
def test_what_no_waiting_mends_fails_at_once(tries: Tries, text: str) -> None:
    tries.errors = [psycopg.OperationalError(PREFIX + text)]
    with pytest.raises(psycopg.OperationalError):
        connect(SERVER, patience_seconds=5)
    assert len(tries.made) == 1


def test_after_the_patience_the_error_is_one_line_with_the_last_reason(tries: Tries) -> None:
    tries.errors = [psycopg.OperationalError(PREFIX + PASSING[0])] * 1000
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable) as error:
        connect(SERVER, patience_seconds=0.3)
    assert 0.2 < time.monotonic() - began < 1
    assert str(error.value) == (
        "database 'db.example' did not answer within 0.3 s: connection failed: connection to server at"
        ' "10.0.0.7", port 5432 failed: Connection refused Is the server running on that host and accepting TCP/IP'
        " connections?"
    )


def test_one_try_is_made_even_without_patience(tries: Tries) -> None:
    connect(SERVER, patience_seconds=0)
    assert len(tries.made) == 1


@pytest.mark.parametrize(("patience", "seconds"), [(0, 2), (3, 3), (25, 5)])
def test_a_try_waits_no_longer_than_the_patience_but_long_enough(tries: Tries, patience: int, seconds: int) -> None:
    connect(SERVER, patience_seconds=patience)
    assert tries.made[0]["connect_timeout"] == seconds
