"""The edge as a web server: HTTP and HTTPS, one request after the other to `Edge`."""

import asyncio
import base64
import json
import logging
import secrets
import ssl
import time
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from hypercorn.config import Config

from local.edge.access_log import AccessLog, Served
from local.edge.control import PREFIX, Control
from local.edge.deployed import Deployed
from local.edge.edge import Edge
from local.edge.messages import Answer, Request
from local.edge.reading import UnsupportedError
from local.edge.viewer import error, finished
from local.servers.authority import server_context

LOCATION_HEADER = "x-edge-location"
"""Names the edge location that a request goes to; CloudFront takes the nearest one."""
NOTHING_DEPLOYED = "no distribution is deployed in the embedded cloud"
DELIVERY_SECONDS = 60
"""How often the access log is delivered."""
BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
log = logging.getLogger("edge")

Json = dict[str, Any]


class ListenerConfig(Config):
    """Listens on sockets that are open already: one for HTTP, one for HTTPS."""

    def __init__(self, *, http: int, https: int) -> None:
        super().__init__()
        self.insecure_bind = [f"fd://{http}"]
        self.bind = [f"fd://{https}"]
        self.backlog = 1024
        self.include_server_header = False
        self.include_date_header = False

    @property
    def ssl_enabled(self) -> bool:
        """Whether `bind` is for TLS."""
        return True

    def create_ssl_context(self) -> ssl.SSLContext:
        """Return a context with a certificate of this checkout's authority."""
        return server_context("h2", "http/1.1")


class Server:
    """An ASGI application."""

    def __init__(self, *, edge: Edge, deployed: Deployed, access_log: AccessLog) -> None:
        self._edge = edge
        self._deployed = deployed
        self._log = access_log
        self._control = Control(edge=edge, deployed=deployed, log=access_log)

    async def __call__(self, scope: Json, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        """Serve a connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        """Deliver the log from time to time for as long as the server runs."""
        await receive()  # lifespan.startup
        delivering = asyncio.create_task(self._deliver())
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        delivering.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _deliver(self) -> None:
        while True:
            await asyncio.sleep(DELIVERY_SECONDS)
            try:
                await asyncio.to_thread(self._log.deliver)
            except (BotoCoreError, ClientError) as reason:
                log.warning("the access log is not delivered: %s", reason)

    async def _serve(self, scope: Json, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        body = await _read_body(receive)
        path: str = scope["raw_path"].decode("latin-1")
        if scope["scheme"] == "http" and path.startswith(PREFIX):
            status, answer = await self._control.answer(scope["method"], path.removeprefix(PREFIX), body)
            headers = (("Content-Type", "application/json"),)
            await _send(send, Answer(status=status, headers=headers, body=json.dumps(answer).encode()), scope)
            return
        await _send(send, await self._answer(self._request(scope, path, body)), scope)

    async def _answer(self, request: Request) -> Answer:
        received_at, began = self._edge.clock.now(), time.monotonic()
        try:
            distribution = await self._deployed.find(request.host)
        except (BotoCoreError, ClientError, UnsupportedError) as reason:
            return error(HTTPStatus.SERVICE_UNAVAILABLE, f"the distribution cannot be read: {reason}")
        if distribution is None:
            return error(HTTPStatus.SERVICE_UNAVAILABLE, NOTHING_DEPLOYED)
        reply, behavior = await self._edge.reply(request, distribution)
        answer = finished(reply, request, behavior.response_headers)
        served = Served(
            request=request,
            reply=reply,
            answer=answer,
            behavior=behavior,
            domain_name=distribution.domain_name,
            received_at=received_at,
            seconds=time.monotonic() - began,
        )
        self._log.add(distribution, served)
        return answer

    def _request(self, scope: Json, path: str, body: bytes) -> Request:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        fields = {name.lower(): value for name, value in headers}
        return Request(
            method=scope["method"],
            host=fields.get("host", ""),
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            client=tuple(scope["client"]),
            tls=scope["scheme"] == "https",
            http_version="2.0" if scope["http_version"] == "2" else scope["http_version"],
            location=fields.get(LOCATION_HEADER, self._control.location),
            request_id=base64.urlsafe_b64encode(secrets.token_bytes(40)).decode(),
        )


async def _read_body(receive: Any) -> bytes:  # noqa: ANN401 (ASGI)
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return body


async def _send(send: Any, answer: Answer, scope: Json) -> None:  # noqa: ANN401 (ASGI)
    headers = list(answer.headers)
    is_head = scope["method"] == "HEAD"
    # A HEAD that the origin has answered says how long the object is, or nothing of it.
    has_length = answer.status not in BODILESS and not (is_head and not answer.body)
    if has_length and "content-length" not in answer.fields:
        headers.append(("Content-Length", str(len(answer.body))))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(answer.status), "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if is_head else answer.body})
