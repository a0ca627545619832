"""A real Memcached behind TLS; its program comes from the operating system (Debian package `memcached`)."""

import os
import shutil
from pathlib import Path
from typing import Self

from local.servers.front import HOST
from local.servers.keeper import Order
from local.servers.server import Server, ServerError, free_port

PROGRAM = "memcached"


class Memcached(Server):
    """A Memcached; nothing survives a restart."""

    @staticmethod
    def installed() -> bool:
        """Tell whether there is such a program."""
        return shutil.which(PROGRAM) is not None

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Start one with its log in a folder."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise ServerError("no program memcached; install it, on Debian and Ubuntu: apt install memcached")
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [program, "-l", HOST, "-p", str(port), "-U", "0", *user]
        return cls(Order(command=command, folder=str(folder), plain_port=port, tls_port=free_port()))
