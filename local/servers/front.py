"""TLS before a server that has none: what clients send is decrypted and handed on, byte for byte."""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import cast

HOST = "127.0.0.1"
BACKLOG = 1024
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
GSS_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x30"
"""What a PostgreSQL client begins with ("Message Formats", PostgreSQL documentation)."""


class End(asyncio.Protocol):
    """One end of a relayed connection: what it receives, the other end sends. (Streams take a quarter more time.)"""

    transport: asyncio.Transport
    other: "End | None" = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Receive nothing before there is another end."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.pause_reading()

    def join(self, other: "End") -> None:
        """Begin to hand on what is received."""
        self.other = other
        self.transport.resume_reading()
        if other.transport.is_closing():
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Hand on."""
        if self.other:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        """Let the other end wait until this one has sent what it has."""
        if self.other:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Let the other end go on."""
        if self.other:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other end too."""
        del exc
        if self.other:
            self.other.transport.close()


@dataclass(frozen=True, kw_only=True)
class Front:
    """Takes TLS connections on one port of loopback and relays them to another."""

    port: int
    plain_port: int
    context: ssl.SSLContext
    postgres: bool
    """PostgreSQL's clients ask for TLS in their own protocol before it begins."""

    def listen(self) -> socket.socket:
        """Open the port."""
        listener = socket.create_server((HOST, self.port), backlog=BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 (its only parameter)
        return listener

    async def serve(self, listener: socket.socket) -> None:
        """Relay every connection until cancelled; then the port is closed, and connections last on."""
        loop = asyncio.get_running_loop()
        with listener:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    accepted, _ = await loop.sock_accept(listener)
                    tasks.create_task(self._relay(accepted))

    async def _relay(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        # asyncio does this only for connections that it has made itself; without, small answers wait for 40 ms.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.postgres:
                await _await_wish_for_tls(accepted)
            _, client = await loop.connect_accepted_socket(End, accepted, ssl=self.context)
        except OSError:
            accepted.close()
            return
        try:
            _, server = await loop.create_connection(End, HOST, self.plain_port)
        except OSError:
            client.transport.close()
            return
        client.join(server)
        server.join(client)


async def _await_wish_for_tls(accepted: socket.socket) -> None:
    """Say no to encryption by GSSAPI and yes to TLS; who asks for neither is turned away."""
    loop = asyncio.get_running_loop()
    request = await loop.sock_recv(accepted, len(SSL_REQUEST))
    if request == GSS_REQUEST:
        await loop.sock_sendall(accepted, b"N")
        request = await loop.sock_recv(accepted, len(SSL_REQUEST))
    if request != SSL_REQUEST:
        raise ConnectionError("no wish for TLS")
    await loop.sock_sendall(accepted, b"S")
