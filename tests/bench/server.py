"""The embedded cloud behind a leaner HTTP server, so that the cloud is not what a benchmark measures.

Conditional writes, duplicates, receives and sends stay the emulator's own. Of its 1.3 ms CPU a request its usual server
takes 1 ms, and a batch of ten is 22 requests: longer than the consumer itself works on it, while AWS answers requests
that come side by side also side by side.
"""

import asyncio
import logging
import sys
from http import HTTPStatus
from typing import Any

from local.cloud import HOST
from local.emulator import front, ministack, ses_api
from local.emulator.account import Account

END_OF_HEADERS = b"\r\n\r\n"

Headers = list[tuple[bytes, bytes]]


class Connection:
    """One kept-alive HTTP/1.1 connection whose requests `application` answers; no chunked bodies, no TLS."""

    def __init__(
        self, application: ministack.Application, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._application = application
        self._reader = reader
        self._writer = writer
        self._body = b""
        self._status = 0
        self._answered: Headers = []

    async def serve(self) -> None:
        """Answer requests until the client closes."""
        try:
            while True:
                await self._answer_one()
        except (asyncio.IncompleteReadError, ConnectionError):
            self._writer.close()

    async def _answer_one(self) -> None:
        head = await self._reader.readuntil(END_OF_HEADERS)
        first, *lines = head[: -len(END_OF_HEADERS)].split(b"\r\n")
        method, target, _ = first.split(b" ")
        path, _, query = target.partition(b"?")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
        self._body = await self._reader.readexactly(int(dict(headers).get(b"content-length", 0)))
        scope = {
            "type": "http",
            "http_version": "1.1",
            "scheme": "http",
            "method": method.decode(),
            "path": path.decode(),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "client": (HOST, 0),
        }
        await self._application(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            self._status = event["status"]
            self._answered = [(name, value) for name, value in event["headers"] if name.lower() != b"content-length"]
            return
        if event.get("more_body"):
            raise NotImplementedError("an answer in parts")
        body: bytes = event.get("body", b"")
        lines = [f"HTTP/1.1 {self._status} {HTTPStatus(self._status).phrase}".encode()]
        lines += [name + b": " + value for name, value in (*self._answered, (b"content-length", b"%d" % len(body)))]
        self._writer.write(b"\r\n".join(lines) + END_OF_HEADERS + body)


async def main() -> None:
    """Serve on a free port of loopback, and print it."""
    logging.disable(logging.INFO)
    account = Account()
    ses_api.install(account)
    application = front.before(ministack.app, account)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(application, reader, writer).serve()

    server = await asyncio.start_server(serve, HOST, 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
