"""A look into the blog's database, on a real PostgreSQL."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from blog_schema import handler
from blog_schema.looking import look
from data_access.postgres_server import PostgresServer, connect
from local.servers.authority import CA_FILE
from local.servers.postgres import Postgres

pytestmark = pytest.mark.usefixtures("role")


@pytest.fixture(scope="module")
def master(postgres: Postgres) -> PostgresServer:
    postgres.create_cluster(master="looking_master", database="looking")
    return PostgresServer(
        host="localhost", port=postgres.port, database="looking", user="looking_master", ca_file=str(CA_FILE)
    )


@pytest.fixture
def server(
    master: PostgresServer, cloudformation: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> PostgresServer:
    """A database with the schema and the sample posts, which the function is told of."""
    server = replace(master, database=f"looking_{uuid4().hex}")
    with connect(master, patience_seconds=10) as connection:
        connection.autocommit = True
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(server.database)))
    told = {"HOST": server.host, "PORT": str(server.port), "NAME": server.database, "USER": server.user}
    for name, value in (told | {"PATIENCE_SECONDS": "10"}).items():
        monkeypatch.setenv(f"DATABASE_{name}", value)
    monkeypatch.setenv("CA_FILE", server.ca_file)
    monkeypatch.setattr(handler, "LOOK_PATIENCE_S", 0.1)
    event = cloudformation.event("Create", sample_posts="true")
    # The role of another test would be another owner's.
    event["ResourceProperties"]["BlogRole"] = f"blog_{uuid4().hex}"
    handler.handle(event, context)
    assert cloudformation.answers[-1]["Status"] == "SUCCESS", cloudformation.answers
    return server


def test_people_are_told_what_is_in_the_database(server: PostgresServer, context: Any) -> None:
    found = handler.handle({"look": {}}, context)
    assert found is not None
    assert found["migrations"][0] == "0001_posts.sql"
    assert list(found["rows"]) == ["authors", "images", "posts"]
    assert found["rows"]["posts"] > 0
    assert found["changed"].startswith("20")
    assert server


def test_another_database_is_looked_into_where_it_is_said_to_be(server: PostgresServer, context: Any) -> None:
    here = handler.handle({"look": {"host": server.host, "port": server.port}}, context)
    assert here == handler.handle({"look": {}}, context)
    elsewhere = handler.handle({"look": {"host": "localhost", "port": 9}}, context)
    assert elsewhere is not None
    assert "did not answer within 0.1 s" in elsewhere["error"]


def test_a_look_can_change_nothing(server: PostgresServer) -> None:
    with connect(server, patience_seconds=10) as connection:
        look(connection, longest_ms=1000)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM posts")
        connection.rollback()


def test_a_database_without_the_schema_is_told_in_one_line(
    server: PostgresServer, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server
    monkeypatch.setenv("DATABASE_NAME", "looking")
    found = handler.handle({"look": {}}, context)
    assert found is not None
    assert "schema_migrations" in found["error"]
    assert "\n" not in found["error"]
