"""What the servers have in common: a keeper process, two ports, and how they are stopped, paused and started again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from local.servers.front import HOST
from local.servers.keeper import Order

ROOT = Path(__file__).resolve().parents[2]


class ServerError(Exception):
    """A server cannot be started; its text is one line."""


class Server:
    """A server on loopback: `port` speaks TLS, `plain_port` does not. It ends with the process that made it."""

    def __init__(self, order: Order) -> None:
        self.port, self.plain_port = order.tls_port, order.plain_port
        self.folder = Path(order.folder)
        self.log = self.folder / "server.log"
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "local.servers.keeper"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # What ends our process group must not hit it: it ends the server in good order, as our end does.
            process_group=0,
            # It inherits a lock that is meant to be inherited: who waits for that waits for the server's end too.
            close_fds=False,
        )
        self._answers, self._orders = cast("IO[str]", self._keeper.stdout), cast("IO[str]", self._keeper.stdin)
        self._write(msgspec.json.encode(order).decode())
        self.pid = 0
        try:
            self.resume()
        except ServerError:
            self._keeper.communicate()
            raise

    def stop(self) -> None:
        """End the server and its TLS; both ports refuse connections until `resume`."""
        self._ask("stop")

    def resume(self) -> None:
        """Start the server again, on the same ports and with what it has kept."""
        self.pid = self._ask("start")["pid"]

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.resume()

    def pause(self) -> None:
        """Let the server hang: it takes connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def unpause(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End the server for good and remove its files."""
        self._keeper.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask(self, word: str) -> dict[str, Any]:
        self._write(word)
        answer: dict[str, Any] = json.loads(self._answers.readline() or '{"error": "its keeper has ended"}')
        if "error" in answer:
            raise ServerError(answer["error"])
        return answer

    def _write(self, line: str) -> None:
        self._orders.write(line + "\n")
        self._orders.flush()


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
