"""Keeps one server and the TLS before it: `python -m local.servers.keeper`, with its order as JSON in the first line.

Further lines say `stop` or `start`; the answer to each is a line of JSON. The keeper, and its server with it, ends when
its input does: when the process that started it ends, in whatever way.
"""

import asyncio
import contextlib
import json
import shlex
import signal
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from local.servers.authority import server_context

HOST = "127.0.0.1"
START_SECONDS = 20.0
POLL_SECONDS = 0.02
BLOCK = 65_536
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
"""What a PostgreSQL client begins with ("Message Formats", PostgreSQL documentation)."""


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
    server: "subprocess.Popen[bytes] | None" = None
    front: asyncio.Server | None = None

    async def start(self) -> dict[str, Any]:
        """Start the server, wait until it answers, and open the front."""
        folder, order = self.order.folder, self.order
        with (Path(folder) / "server.log").open("ab") as log:
            self.server = subprocess.Popen(order.command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if problem := await self._await_answer(self.server):
            return {"error": problem}
        encrypted = None if order.postgres else server_context()
        serve = self._serve_postgres if order.postgres else self._relay
        self.front = await asyncio.start_server(serve, HOST, order.tls_port, ssl=encrypted, backlog=1024)
        return {"pid": self.server.pid}

    async def stop(self) -> dict[str, Any]:
        """Close the front and end the server."""
        if self.front:
            self.front.close()
        if self.server:
            self.server.send_signal(self.order.stop_signal)
            self.server.send_signal(signal.SIGCONT)
            await asyncio.to_thread(self.server.wait)
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

    async def _serve_postgres(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the client's wish for TLS, then relay."""
        try:
            while (request := struct.unpack("!II", await reader.readexactly(8))) == (8, GSS_REQUEST):
                writer.write(b"N")
            if request != (8, SSL_REQUEST):
                writer.close()
                return
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(server_context("postgresql"))
        except (OSError, EOFError):
            writer.close()
            return
        await self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection(HOST, self.order.plain_port)
        except OSError:
            writer.close()
            return
        with contextlib.suppress(asyncio.CancelledError):  # the keeper ends
            await asyncio.gather(_pipe(reader, up_writer), _pipe(up_reader, writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(BLOCK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the other side has gone
    finally:
        writer.close()


async def main() -> None:
    """Do what the lines of the input say until there are no more."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    keeper = Keeper(msgspec.json.decode(await lines.readline(), type=Order))
    actions = {b"start\n": keeper.start, b"stop\n": keeper.stop}
    while line := await lines.readline():
        print(json.dumps(await actions[line]()), flush=True)
    await keeper.stop()


if __name__ == "__main__":
    asyncio.run(main())
