"""What answers say about themselves: how long they may be kept, and what browsers must not do with them."""

from flask import Flask, Response, make_response, request
from flask.typing import ResponseReturnValue

ASSET = "public, max-age=31536000, immutable"
"""The address has a hash of the content in it."""
OTHER_ASSET = "public, max-age=60"
"""Asked for under the fingerprint of another version: while a deploy is under way, and by pages kept from before it."""
IMAGE = "public, max-age=86400"
PAGE = "public, max-age=0, s-maxage=60, stale-while-revalidate=30"
"""Browsers ask each time, and mostly hear 304; the edge keeps a page for a minute."""
MISSING = "public, s-maxage=10"
PRIVATE = "private, no-store"
"""Whatever depends on a session or holds a form."""
OUTAGE = "no-store"

# HSTS is not among them: the edge, which ends TLS, sets it.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def kept(content: ResponseReturnValue, cache_control: str) -> Response:
    """Return a GET's answer that others may keep and ask for again by its ETag: then it is a 304."""
    response = make_response(content)
    response.headers["Cache-Control"] = cache_control
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


def complete(app: Flask) -> None:
    """Give every answer of the application its headers; what nobody said can be kept is private."""

    @app.after_request
    def add_headers(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        response.headers.setdefault("Cache-Control", PRIVATE)
        response.headers.update(SECURITY)
        return response
