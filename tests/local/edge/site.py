"""A distribution before an origin that answers as a test says."""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from local.answer import Answer
from local.cloud import Cloud

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""CloudFront's own policy of this name ("Use managed cache policies")."""
EVERY_METHOD = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as the origin has got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Told:
    """What the origin answers; a request with the validator of it gets a 304."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"body"


class OriginServer:
    """A web server on loopback that answers what it is told, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._told: dict[str, Told] = {}
        self._held = threading.Event()
        self._held.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def tell(self, path: str, *, status: int = 200, body: bytes = b"body", **headers: str) -> None:
        """Say what a path answers from now on; `cache_control` is a header as any other."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._told[path] = Told(status=status, headers=named, body=body)

    def times(self, path: str) -> int:
        """Count the requests for a path, whatever its query string."""
        return sum(asked.path.partition("?")[0] == path for asked in self.asked)

    def last(self, path: str) -> Asked:
        """Return the last request for a path."""
        return next(asked for asked in reversed(self.asked) if asked.path.partition("?")[0] == path)

    @contextmanager
    def holding(self) -> Generator[None]:
        """Answer nothing in the meantime."""
        self._held.clear()
        try:
            yield
        finally:
            self._held.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        """Return what `http.server` wants: a class with a method for each method of HTTP."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            self._answer(handler)

        methods: dict[str, Any] = dict.fromkeys((f"do_{method}" for method in EVERY_METHOD), answer)
        own = {"protocol_version": "HTTP/1.1", "log_message": lambda *_: None}
        return type("Handler", (BaseHTTPRequestHandler,), methods | own)

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.asked.append(Asked(method=handler.command, path=handler.path, headers=headers, body=body))
        self._held.wait(30)
        told = self._told[handler.path.partition("?")[0]]
        etag = told.headers.get("etag")
        same = etag is not None and headers.get("if-none-match", "").removeprefix("W/") == etag.removeprefix("W/")
        status, content = (304, b"") if same else (told.status, told.body)
        handler.send_response(status)
        for name, value in told.headers.items():
            handler.send_header(name, value)
        if status != 304:
            handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, kw_only=True)
class Site:
    """A deployed distribution and its origin."""

    cloud: Cloud
    origin: OriginServer
    id: str
    domain: str

    def path(self, folder: str = "") -> str:
        """Return a path that nobody has asked for yet."""
        return f"{folder}/{uuid4().hex}"

    def told(self, folder: str = "", **answer: Any) -> str:
        """Return a path that nobody has asked for yet, which the origin answers so."""
        path = self.path(folder)
        self.origin.tell(path, **answer)
        return path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", path, headers=headers)

    def request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
        own = {"host": self.domain, **(headers or {})}
        return self.cloud.edge.request(method, path, headers=own, **more)

    def result(self, path: str, headers: Mapping[str, str] | None = None) -> str:
        """Ask for a path and return what `X-Cache` says."""
        return result(self.get(path, headers))

    def later(self, seconds: float) -> None:
        self.cloud.edge.advance(seconds)


def result(answer: Answer) -> str:
    said = answer.headers["x-cache"]
    assert said.endswith(" from cloudfront")
    return said.removesuffix(" from cloudfront")


def items(names: list[Any]) -> dict[str, Any]:
    """Return a list as CloudFront's API wants it."""
    return {"Quantity": len(names), "Items": names} if names else {"Quantity": 0}


def cache_policy(cloudfront: Any, *, ttl: tuple[int, int, int], gzip: bool = False, **names: list[str]) -> str:
    """Create a cache policy; `headers`, `cookies`, `query_strings` are those in the key."""
    minimum, default, maximum = ttl
    config = {
        "Name": f"edge-{uuid4().hex[:8]}",
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": gzip,
            "EnableAcceptEncodingBrotli": gzip,
            **named("Header", names.get("headers", [])),
            **named("Cookie", names.get("cookies", [])),
            **named("QueryString", names.get("query_strings", [])),
        },
    }
    return cloudfront.create_cache_policy(CachePolicyConfig=config)["CachePolicy"]["Id"]


def named(kind: str, names: list[str]) -> dict[str, Any]:
    """Return a part of a policy: none, these names, or all if the first is "*"."""
    if not names:
        return {f"{kind}sConfig": {f"{kind}Behavior": "none"}}
    if names[0] == "*":
        return {f"{kind}sConfig": {f"{kind}Behavior": {"Header": "allViewer"}.get(kind, "all")}}
    return {f"{kind}sConfig": {f"{kind}Behavior": "whitelist", f"{kind}s": items(names)}}


def behavior(
    policy: str, *, methods: list[str] | None = None, protocol: str = "allow-all", **more: Any
) -> dict[str, Any]:
    allowed = {**items(methods or ["GET", "HEAD"]), "CachedMethods": items(["GET", "HEAD"])}
    return {
        "TargetOriginId": "origin",
        "ViewerProtocolPolicy": protocol,
        "AllowedMethods": allowed,
        "CachePolicyId": policy,
        "Compress": True,
        **more,
    }


def distribution(origin: dict[str, Any], *, default: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a configuration of one origin."""
    return {
        "CallerReference": uuid4().hex,
        "Comment": "",
        "Enabled": True,
        "Origins": items([{"Id": "origin", **origin}]),
        "DefaultCacheBehavior": default,
        **more,
    }


def custom_origin(port: int) -> dict[str, Any]:
    settings = {"HTTPPort": port, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    header = {"HeaderName": "X-Origin-Secret", "HeaderValue": "a-secret"}
    return {"DomainName": "localhost", "CustomOriginConfig": settings, "CustomHeaders": items([header])}
