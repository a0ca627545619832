"""Who may write: the authors in the database."""

from msgspec import Struct
from psycopg.rows import kwargs_row

from blog.database import Database


class Author(Struct, frozen=True, kw_only=True):
    """Someone who may write."""

    id: int
    email: str
    """In lower case."""


class Authors:
    """The authors, by mail address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, email: str) -> Author | None:
        """Return the author with this address."""
        with self._database.connection() as connection, connection.cursor(row_factory=kwargs_row(Author)) as cursor:
            return cursor.execute("SELECT id, email FROM authors WHERE email = %s", [email.lower()]).fetchone()

    def add(self, email: str) -> Author:
        """Return the author with this address, a new one if there was none."""
        with self._database.connection() as connection:
            connection.execute(
                "INSERT INTO authors (email) VALUES (%s) ON CONFLICT (email) DO NOTHING", [email.lower()]
            )
            with connection.cursor(row_factory=kwargs_row(Author)) as cursor:
                cursor.execute("SELECT id, email FROM authors WHERE email = %s", [email.lower()])
                author = cursor.fetchone()
        if author is None:
            raise RuntimeError("the author that was just added is gone")
        return author
