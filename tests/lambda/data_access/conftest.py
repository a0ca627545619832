"""A stand-in for Redis, where a test must see each command that is sent or decide when a connection ends."""

import contextlib
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from data_access.redis_server import RedisServer


class RedisStandIn(socketserver.ThreadingTCPServer):
    """Speaks just enough of the protocol, over TLS with a CA of its own."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.tls)
        self.sessions: list[list[list[str]]] = []
        self.losses = 0
        """How many of the next connections end at their first command after the sign-in."""
        self.delays: dict[str, float] = {}
        """Seconds before the answer, by command."""

    def server(self, **changes: Any) -> RedisServer:
        """How a function would be told of this server."""
        usual = RedisServer(
            host="localhost",
            port=self.server_address[1],
            name="edgepost-cache",
            user="blog",
            ca_file=str(self.ca_file),
            timeout_ms=150,
            connect_timeout_ms=1500,
        )
        return replace(usual, **changes)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that the client ended."""


class Session(socketserver.StreamRequestHandler):
    """One connection; every command but the sign-in is answered with the connection's number."""

    server: Any

    def setup(self) -> None:
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        commands: list[list[str]] = []
        self.server.sessions.append(commands)
        number = len(self.server.sessions)
        while header := self.rfile.readline():
            commands.append([self._argument() for _ in range(int(header[1:]))])
            name = commands[-1][0]
            if name != "AUTH" and self.server.losses:
                self.server.losses -= 1
                break
            time.sleep(self.server.delays.get(name, 0))
            self.wfile.write(b"+OK\r\n" if name == "AUTH" else b":%d\r\n" % number)

    def _argument(self) -> str:
        length = int(self.rfile.readline()[1:])
        return self.rfile.read(length + 2)[:-2].decode()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            self.request.shutdown(2)
        super().finish()


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[RedisStandIn]:
    with RedisStandIn(tmp_path) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()
