"""Migrations and the blog's role, each brought to where it should be however often and whenever it is asked for."""

import hashlib
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

MIGRATIONS = Path(__file__).with_name("migrations")
# What the blog reads and writes. It sees nothing else, `schema_migrations` included.
TABLES = ("authors", "images", "posts")

# Any number, as long as nobody else takes it for another purpose in this database.
LOCK = 4_061_879_201


class ChangedMigrationError(Exception):
    """A migration that has been applied reads otherwise now; what it made would not match what it says."""


def lock(connection: psycopg.Connection) -> None:
    """Wait until nobody else brings this database up to date; the end of the transaction lets the next one go on."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def migrate(connection: psycopg.Connection, *, folder: Path = MIGRATIONS) -> None:
    """Apply the folder's *.sql files in the order of their names, each once.

    Migrations that only the database knows are left alone: a deploy that is rolled back comes here with older files.
    Raises ChangedMigrationError.
    """
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    applied = dict(connection.execute("SELECT name, checksum FROM schema_migrations").fetchall())
    for path in sorted(folder.glob("*.sql")):
        script = path.read_bytes()
        checksum = hashlib.sha256(script).hexdigest()
        if path.name not in applied:
            connection.execute(script)
            connection.execute("INSERT INTO schema_migrations VALUES (%s, %s)", [path.name, checksum])
        elif applied[path.name] != checksum:
            raise ChangedMigrationError(
                f"migration '{path.name}' has changed since it was applied; restore it and write a new one"
            )


def grant(connection: psycopg.Connection, *, role: str) -> None:
    """Let the role sign in by IAM and use the blog's tables, and nobody do anything by being just anyone.

    "Creating a database account using IAM authentication" (Aurora user guide): being a member of `rds_iam` is what
    makes a role sign in with tokens, and with nothing else.
    """
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    connection.execute(SQL("{} ROLE {} LOGIN").format(SQL("ALTER" if known else "CREATE"), Identifier(role)))
    names = {
        "role": Identifier(role),
        "database": Identifier(connection.info.dbname),
        "tables": SQL(", ").join(map(Identifier, TABLES)),
    }
    for statement in (
        SQL("GRANT rds_iam TO {role}"),
        SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role}"),
        SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC, {role}"),
        SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}"),
        SQL("GRANT CONNECT ON DATABASE {database} TO {role}"),
        SQL("GRANT USAGE ON SCHEMA public TO {role}"),
        # The numbers of identity columns come with INSERT.
        SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {role}"),
    ):
        connection.execute(statement.format(**names))
