"""A look into the database, for people: what is in it, by a transaction that cannot change anything."""

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from blog_schema.schema import TABLES


def look(connection: psycopg.Connection, *, longest_ms: int) -> dict[str, Any]:
    """Return the applied migrations, how many rows each table has, and when a post was last changed."""
    connection.read_only = True
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [str(longest_ms)])
    migrations = connection.execute("SELECT name FROM schema_migrations ORDER BY name").fetchall()
    return {
        "migrations": [name for (name,) in migrations],
        "rows": {table: _count(connection, table) for table in TABLES},
        "changed": _one(connection, "SELECT coalesce(max(updated_at)::text, '') FROM posts"),
    }


def _count(connection: psycopg.Connection, table: str) -> int:
    return int(_one(connection, SQL("SELECT count(*) FROM {}").format(Identifier(table))))


def _one(connection: psycopg.Connection, query: Any) -> Any:  # noqa: ANN401 (whatever the query gives)
    row = connection.execute(query).fetchone()
    return row[0] if row else None
