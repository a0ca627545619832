"""Connections to an Aurora PostgreSQL cluster."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from data_access.tokens import postgres_token

# The roots of Amazon RDS, which stand in no system's store; the file says where they come from.
RDS_CA_FILE = Path(__file__).with_name("rds-ca.pem")

# A database that resumes may keep a connection waiting, one that moved leaves it unanswered: try again between the two.
MIN_CONNECT_S, MAX_CONNECT_S = 2, 5
PAUSE_S = 0.25

# What waiting does not mend. libpq hands on a refusal's text only, not its SQLSTATE (28000, 28P01, 3D000, 42501).
REFUSED = re.compile(
    "authentication failed|does not exist|no pg_hba.conf entry|not permitted|permission denied|certificate"
)


class DatabaseUnavailable(Exception):  # noqa: N818
    """The database could not be reached for as long as the caller was willing to wait."""


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """Where a database is and who signs in."""

    host: str
    port: int
    database: str
    user: str
    ca_file: str = ""
    """Certificates to check the server against; empty: those of Amazon RDS."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "PostgresServer":
        """Read the server; raises KeyError for a variable that is missing."""
        return cls(
            host=environ["DATABASE_HOST"],
            port=int(environ["DATABASE_PORT"]),
            database=environ["DATABASE_NAME"],
            user=environ["DATABASE_USER"],
            ca_file=environ.get("CA_FILE", ""),
        )


def connect(server: PostgresServer, *, patience_seconds: float) -> psycopg.Connection:
    """Connect, and wait for a database that resumes or restarts until the patience is over.

    Use it as a context manager: that commits, or rolls back what raised, and closes the connection, so that none stays
    open and keeps an idle database from pausing. Raises DatabaseUnavailable after the patience, psycopg's
    OperationalError at once where the database refuses the user.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        remaining = deadline - time.monotonic()
        try:
            return psycopg.connect(
                host=server.host,
                port=server.port,
                dbname=server.database,
                user=server.user,
                password=postgres_token(host=server.host, port=server.port, user=server.user),
                sslmode="verify-full",
                sslrootcert=server.ca_file or str(RDS_CA_FILE),
                connect_timeout=max(MIN_CONNECT_S, min(MAX_CONNECT_S, math.ceil(remaining))),
            )
        except psycopg.OperationalError as error:
            if REFUSED.search(str(error)):
                raise
            if time.monotonic() + PAUSE_S >= deadline:
                reason = " ".join(str(error).split())
                raise DatabaseUnavailable(
                    f"database '{server.host}' did not answer within {patience_seconds:g} s: {reason}"
                ) from error
        time.sleep(PAUSE_S)
