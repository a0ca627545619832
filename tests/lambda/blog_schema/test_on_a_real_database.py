"""The schema on a real PostgreSQL: tables, rights, sample posts, again and again and at the same time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from blog_schema import handler
from blog_schema.samples import add_samples
from blog_schema.schema import MIGRATIONS, ChangedMigrationError, grant, lock, migrate
from data_access.postgres_server import PostgresServer, connect
from local.servers.authority import CA_FILE
from local.servers.postgres import Postgres

ROLE = "schema_blog"


@pytest.fixture(scope="module")
def cluster(postgres: Postgres) -> PostgresServer:
    postgres.create_cluster(master="schema_master", database="schema")
    return PostgresServer(
        host="localhost", port=postgres.port, database="schema", user="schema_master", ca_file=str(CA_FILE)
    )


@pytest.fixture
def server(cluster: PostgresServer, role: None, monkeypatch: pytest.MonkeyPatch) -> PostgresServer:
    """A fresh database, and the function told of it."""
    assert role is None
    fresh = replace(cluster, database=f"schema_{uuid4().hex}")
    with connect(cluster, patience_seconds=10) as connection:
        connection.autocommit = True
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(fresh.database)))
    monkeypatch.setenv("DATABASE_HOST", fresh.host)
    monkeypatch.setenv("DATABASE_PORT", str(fresh.port))
    monkeypatch.setenv("DATABASE_NAME", fresh.database)
    monkeypatch.setenv("DATABASE_USER", fresh.user)
    monkeypatch.setenv("DATABASE_PATIENCE_SECONDS", "10")
    monkeypatch.setenv("CA_FILE", fresh.ca_file)
    return fresh


@pytest.fixture
def master(server: PostgresServer) -> Iterator[psycopg.Connection]:
    with connect(server, patience_seconds=10) as connection:
        yield connection


@pytest.fixture
def deploy(cloudformation: Any, context: Any, server: PostgresServer) -> Callable[..., str]:
    """Let CloudFormation ask for the schema, and return what it is answered."""

    def ask(request_type: str = "Create", *, sample_posts: str = "false") -> str:
        handler.handle(cloudformation.event(request_type, sample_posts=sample_posts), context)
        answer = cloudformation.answers[-1]
        return answer["Reason"] or answer["Status"]

    assert server
    return ask


@pytest.fixture
def blog(deploy: Callable[..., str], server: PostgresServer) -> Iterator[psycopg.Connection]:
    """The blog's own connection to what was deployed."""
    assert deploy(sample_posts="true") == "SUCCESS"
    with connect(replace(server, user=ROLE), patience_seconds=10) as connection:
        yield connection


def rows(connection: psycopg.Connection, query: LiteralString) -> list[Any]:
    return connection.execute(query).fetchall()


def test_the_blog_may_read_and_write_its_tables(blog: psycopg.Connection) -> None:
    for statement in (
        "INSERT INTO authors (email) VALUES ('new@example.com')",
        "INSERT INTO images VALUES (left(encode(sha256('x'), 'hex'), 32), 'image/png', 'x')",
        "INSERT INTO posts (slug, title, summary, body, author_id) SELECT 's', 't', 'u', 'b', id FROM authors LIMIT 1",
        "UPDATE posts SET title = 'another' WHERE slug = 's'",
        "DELETE FROM posts WHERE slug = 's'",
    ):
        assert blog.execute(statement).rowcount == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM schema_migrations",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "TRUNCATE posts",
        "ALTER TABLE posts ADD mine int",
        "DROP TABLE posts",
        "CREATE INDEX ON posts (title)",
        "CREATE ROLE mine",
        "COPY posts TO '/tmp/posts'",
    ],
)
def test_the_blog_may_do_nothing_else(blog: psycopg.Connection, statement: LiteralString) -> None:
    with pytest.raises(InsufficientPrivilege):
        blog.execute(statement)


def test_someone_who_is_just_anyone_may_not_even_connect(
    deploy: Callable[..., str], server: PostgresServer, master: psycopg.Connection
) -> None:
    deploy()
    master.execute("DROP ROLE IF EXISTS anyone")
    master.execute("CREATE ROLE anyone LOGIN")
    master.execute("GRANT rds_iam TO anyone")
    master.commit()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        connect(replace(server, user="anyone"), patience_seconds=10)


def test_rights_that_were_given_by_hand_are_taken_back(
    deploy: Callable[..., str], server: PostgresServer, master: psycopg.Connection
) -> None:
    deploy()
    master.execute("GRANT ALL ON schema_migrations, posts TO schema_blog")
    master.execute("GRANT CREATE ON SCHEMA public TO schema_blog, PUBLIC")
    master.commit()
    deploy("Update")
    with connect(replace(server, user=ROLE), patience_seconds=10) as blog:
        may = blog.execute(
            "SELECT has_table_privilege('schema_migrations', 'SELECT'), has_table_privilege('posts', 'TRUNCATE'),"
            " has_schema_privilege('public', 'CREATE'), has_table_privilege('posts', 'SELECT')"
        ).fetchone()
    assert may == (False, False, False, True)


def test_asking_twice_changes_nothing(deploy: Callable[..., str], master: psycopg.Connection) -> None:
    deploy()
    applied = rows(master, "SELECT * FROM schema_migrations")
    assert [deploy(), deploy("Update")] == ["SUCCESS", "SUCCESS"]
    assert rows(master, "SELECT * FROM schema_migrations") == applied
    assert [row[0] for row in applied] == sorted(path.name for path in MIGRATIONS.glob("*.sql"))


def test_asking_many_times_at_once_does_it_once(deploy: Callable[..., str], master: psycopg.Connection) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: deploy(sample_posts="true"), range(6)))
    assert answers == ["SUCCESS"] * 6
    assert len(rows(master, "SELECT FROM schema_migrations")) == len(list(MIGRATIONS.glob("*.sql")))
    assert len(rows(master, "SELECT FROM posts")) == 5


def test_delete_leaves_everything(deploy: Callable[..., str], blog: psycopg.Connection) -> None:
    assert deploy("Delete") == "SUCCESS"
    assert len(rows(blog, "SELECT FROM posts")) == 5


def test_a_migration_that_has_changed_is_refused(master: psycopg.Connection, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id int)")
    migrate(master, folder=tmp_path)
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id bigint)")
    with pytest.raises(ChangedMigrationError, match=r"migration .0001_first\.sql. has changed since it was applied"):
        migrate(master, folder=tmp_path)


def test_migrations_are_applied_in_the_order_of_their_names(master: psycopg.Connection, tmp_path: Path) -> None:
    (tmp_path / "0002_then.sql").write_text("INSERT INTO words VALUES ('then')")
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE words (word text); INSERT INTO words VALUES ('100 %')")
    migrate(master, folder=tmp_path)
    (tmp_path / "0003_last.sql").write_text("INSERT INTO words VALUES ('last')")
    migrate(master, folder=tmp_path)
    assert rows(master, "SELECT word FROM words") == [("100 %",), ("then",), ("last",)]


def test_older_code_that_comes_back_leaves_newer_migrations_alone(master: psycopg.Connection, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id int)")
    (tmp_path / "0002_newer.sql").write_text("CREATE TABLE newer (id int)")
    migrate(master, folder=tmp_path)
    (tmp_path / "0002_newer.sql").unlink()
    migrate(master, folder=tmp_path)
    assert rows(master, "SELECT name FROM schema_migrations") == [("0001_first.sql",), ("0002_newer.sql",)]


def test_a_migration_that_fails_leaves_nothing_behind(server: PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id int)")
    (tmp_path / "0002_wrong.sql").write_text("CREATE TABLE wrong (id int); SELECT 1/0")
    with pytest.raises(psycopg.errors.DivisionByZero), connect(server, patience_seconds=10) as connection:
        migrate(connection, folder=tmp_path)
    with connect(server, patience_seconds=10) as connection:
        assert rows(connection, "SELECT FROM pg_tables WHERE schemaname = 'public'") == []


def test_waiting_for_another_ends_in_time_for_an_answer(
    cloudformation: Any, context: Any, master: psycopg.Connection
) -> None:
    lock(master)
    context.get_remaining_time_in_millis = lambda: handler.ANSWER_MS + 300
    began = time.monotonic()
    handler.handle(cloudformation.event(), context)
    assert time.monotonic() - began < 3
    assert cloudformation.answers[0]["Status"] == "FAILED"
    assert cloudformation.answers[0]["Reason"].startswith("QueryCanceled: canceling statement due to statement timeout")


def test_without_sample_posts_the_blog_is_empty(deploy: Callable[..., str], master: psycopg.Connection) -> None:
    deploy(sample_posts="false")
    assert rows(master, "SELECT FROM posts UNION ALL SELECT FROM authors UNION ALL SELECT FROM images") == []


def test_an_update_never_undoes_what_somebody_has_edited(deploy: Callable[..., str], blog: psycopg.Connection) -> None:
    blog.execute("UPDATE posts SET body = 'edited'")
    blog.commit()
    assert deploy("Update", sample_posts="true") == "SUCCESS"
    assert rows(blog, "SELECT DISTINCT body FROM posts") == [("edited",)]


def test_a_sample_post_has_all_that_a_post_can_have(master: psycopg.Connection) -> None:
    migrate(master)
    add_samples(master)
    [(email, content_type, content)] = rows(
        master,
        "SELECT email, content_type, content FROM posts JOIN authors ON authors.id = author_id"
        " JOIN images ON images.id = image_id",
    )
    assert email.endswith("@example.com")
    assert (content_type, content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    bodies = "".join(body for (body,) in rows(master, "SELECT body FROM posts"))
    for markdown in ("```", "\n- ", "\n1. ", "\n| --- |", "\n> ", "\n## ", "。"):
        assert markdown in bodies
    assert rows(master, "SELECT FROM posts WHERE published_at > now()") == []


def test_the_database_itself_checks_that_a_picture_is_named_by_its_content(master: psycopg.Connection) -> None:
    migrate(master)
    with pytest.raises(psycopg.errors.CheckViolation):
        master.execute("INSERT INTO images VALUES (repeat('0', 32), 'image/png', 'x')")


def test_the_role_may_have_any_name(master: psycopg.Connection) -> None:
    migrate(master)
    master.execute("DROP ROLE IF EXISTS \"a 'strange' name\"")
    grant(master, role="a 'strange' name")
    grant(master, role="a 'strange' name")
    assert rows(master, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'a ''strange'' name'") == [(True,)]
    master.rollback()
