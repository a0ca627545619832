"""The real PostgreSQL: its TLS, who may enter, and what it keeps."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.servers.authority import CA_FILE
from local.servers.postgres import Postgres

TOKEN = "any-token"


def sign_in(server: Postgres, user: str, database: str, **more: Any) -> "psycopg.Connection[Any]":
    options: dict[str, Any] = {"sslmode": "verify-full", "sslrootcert": str(CA_FILE), "password": TOKEN} | more
    return psycopg.connect(host="127.0.0.1", port=server.port, user=user, dbname=database, **options)


@pytest.fixture(scope="module")
def cluster(postgres: Postgres) -> Postgres:
    postgres.create_cluster(master="keeper", database="shelf")
    return postgres


def test_the_master_user_enters_postgresql_over_tls_by_any_token(cluster: Postgres) -> None:
    with sign_in(cluster, "keeper", "shelf") as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()
    assert row == ("keeper", "shelf")


def test_only_who_may_sign_in_by_iam_enters_postgresql(cluster: Postgres) -> None:
    with sign_in(cluster, "keeper", "shelf") as connection:
        connection.execute("CREATE ROLE lent LOGIN")
        connection.execute("CREATE ROLE guest LOGIN")
        connection.execute("GRANT rds_iam TO guest")
    sign_in(cluster, "guest", "shelf").close()
    with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
        sign_in(cluster, "lent", "shelf")


def test_the_superuser_does_not_enter_postgresql_by_a_token(cluster: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        sign_in(cluster, "emulator", "postgres")


def test_postgresql_takes_no_connection_without_tls_at_its_address(cluster: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError):
        sign_in(cluster, "keeper", "shelf", sslmode="disable", sslrootcert="")


def test_the_queries_of_clients_can_be_counted(cluster: Postgres) -> None:
    with sign_in(cluster, "keeper", "shelf") as connection:
        for _ in range(3):
            connection.execute("SELECT 'counted', %s", [1])
            connection.execute("SELECT 'counted too',\n 'in one'")
    assert cluster.queries("'counted'") == 3
    assert cluster.queries("'counted too',  'in one'") == 3


def test_data_survive_a_restart_of_postgresql(tmp_path: Path) -> None:
    server = Postgres.start(tmp_path / "postgres")
    server.create_cluster(master="keeper", database="shelf")
    with sign_in(server, "keeper", "shelf") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server.restart()
    with sign_in(server, "keeper", "shelf") as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    server.close()


def test_data_are_there_for_who_starts_postgresql_in_the_same_folder_again(tmp_path: Path) -> None:
    first = Postgres.start(tmp_path)
    first.create_cluster(master="keeper", database="shelf")
    first.stop()
    second = Postgres.start(tmp_path)
    with sign_in(second, "keeper", "shelf") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("keeper",)
    second.close()
    first.close()
