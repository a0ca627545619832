"""Keeps one server and the TLS before it: `python -m local.servers.keeper`, with its order as JSON in the first line.

Further lines say `stop` or `start`; the answer to each is a line of JSON. The keeper, and its server with it, ends when
its input does: when the process that started it ends, in whatever way.
"""

import asyncio
import json
import resource
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from local.servers.authority import server_context
from local.servers.front import HOST, Front

START_SECONDS = 20.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
OPEN_FILES = 8192
"""A relayed connection takes two."""


class Order(msgspec.Struct, kw_only=True, frozen=True):
    """What to run, and what to put before it."""

    command: list[str]
    folder: str
    plain_port: int
    tls_port: int
    ready: list[str] = []
    """A command that ends with 0 once the server serves; empty: it does when it takes connections."""
    postgres: bool = False
    """PostgreSQL asks for TLS in its own protocol before it begins."""
    stop_signal: int = signal.SIGTERM


@dataclass
class Keeper:
    """One server and its front."""

    order: Order
    front: Front
    server: "subprocess.Popen[bytes] | None" = None
    serving: "asyncio.Task[None] | None" = None

    async def start(self) -> dict[str, Any]:
        """Start the server, wait until it answers, and open the front."""
        folder, order = self.order.folder, self.order
        with (Path(folder) / "server.log").open("ab") as log:
            self.server = subprocess.Popen(order.command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if problem := await self._await_answer(self.server):
            return {"error": problem}
        self.serving = asyncio.create_task(self.front.serve(self.front.listen()))
        return {"pid": self.server.pid}

    async def stop(self) -> dict[str, Any]:
        """Close the front and end the server."""
        if self.serving:
            self.serving.cancel()
            await asyncio.wait([self.serving])
        if self.server:
            self.server.send_signal(self.order.stop_signal)
            self.server.send_signal(signal.SIGCONT)
            await asyncio.to_thread(_await_end, self.server)
        return {}

    async def _await_answer(self, server: "subprocess.Popen[bytes]") -> str:
        """Wait until the server takes connections; return what is wrong otherwise."""
        for _ in range(int(START_SECONDS / POLL_SECONDS)):
            if server.poll() is not None:
                return f"{shlex.join(self.order.command)} ended; see {self.order.folder}/server.log"
            if await self._ready():
                return ""
            await asyncio.sleep(POLL_SECONDS)
        return f"{self.order.command[0]} gives no answer; see {self.order.folder}/server.log"

    async def _ready(self) -> bool:
        if self.order.ready:
            check = await asyncio.create_subprocess_exec(*self.order.ready)
            return await check.wait() == 0
        try:
            _, writer = await asyncio.open_connection(HOST, self.order.plain_port)
        except OSError:
            return False
        writer.close()
        return True


def _await_end(server: "subprocess.Popen[bytes]") -> None:
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


async def main() -> None:
    """Do what the lines of the input say until there are no more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    order = msgspec.json.decode(await lines.readline(), type=Order)
    context = server_context(*(["postgresql"] if order.postgres else []))
    front = Front(port=order.tls_port, plain_port=order.plain_port, context=context, postgres=order.postgres)
    keeper = Keeper(order, front)
    actions = {b"start\n": keeper.start, b"stop\n": keeper.stop}
    while line := await lines.readline():
        print(json.dumps(await actions[line]()), flush=True)
    await keeper.stop()


if __name__ == "__main__":
    asyncio.run(main())
