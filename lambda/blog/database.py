"""The database, connected to only while it is asked: an open connection would keep Aurora from pausing."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager

import psycopg

from data_access.postgres_server import DatabaseUnavailable

logger = logging.getLogger(__name__)


class Database:
    """Lends connections, one for each use."""

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect

    @contextmanager
    def connection(self) -> Generator[psycopg.Connection]:
        """Lend a connection: one transaction, committed at the end of the block, then closed.

        Raises DatabaseUnavailable, also where the connection is lost in the middle.
        """
        try:
            with self._connect() as connection:
                yield connection
        except (DatabaseUnavailable, psycopg.OperationalError) as error:
            logger.warning("database unavailable: %s", error, extra={"event": "database_unavailable"})
            raise DatabaseUnavailable(str(error)) from error
