"""What the edge does for a viewer without asking anybody: refusals, redirects, and the finish of an answer.

Source: the Amazon CloudFront Developer Guide, by page title at each function.
"""

import gzip
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus

from local.edge.distribution import Behavior, ResponseHeadersPolicy
from local.edge.messages import Answer, Headers, Reply, Request, Result, without

KNOWN_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
NOT_MODIFIED_KEEPS = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary"}
)
"""What a 304 repeats of the object's headers (RFC 9110, 15.4.5)."""
REPLACED = frozenset({"age", "via", "x-amz-cf-id", "x-amz-cf-pop", "x-cache"})
SMALLEST, LARGEST = 1_000, 10_000_000
"""Bytes of an object that is compressed ("Serve compressed files")."""
COMPRESSED_STATUSES = frozenset({200, 403, 404})
COMPRESSED_TYPES = frozenset(
    {
        *("application/dash+xml", "application/eot", "application/font", "application/font-sfnt"),
        *("application/javascript", "application/json", "application/opentype", "application/otf", "application/pdf"),
        *("application/pkcs7-mime", "application/protobuf", "application/rss+xml", "application/truetype"),
        *("application/ttf", "application/vnd.apple.mpegurl", "application/vnd.mapbox-vector-tile"),
        *("application/vnd.ms-fontobject", "application/wasm", "application/xhtml+xml", "application/xml"),
        *("application/x-font-opentype", "application/x-font-truetype", "application/x-font-ttf"),
        *("application/x-httpd-cgi", "application/x-javascript", "application/x-mpegurl", "application/x-opentype"),
        *("application/x-otf", "application/x-perl", "application/x-ttf", "font/eot", "font/opentype", "font/otf"),
        *("font/ttf", "image/svg+xml", "text/css", "text/csv", "text/html", "text/javascript", "text/js"),
        *("text/plain", "text/richtext", "text/tab-separated-values", "text/xml", "text/x-component"),
        *("text/x-java-source", "text/x-script", "vnd.apple.mpegurl"),
    }
)
"""As "Serve compressed files" lists them."""


def error(status: HTTPStatus, reason: str) -> Answer:
    """Return an error that the edge itself answers with, in one line."""
    line = f"{status.value} {status.phrase}: {reason}\n"
    return Answer(status=status, headers=_own_headers("text/plain; charset=utf-8"), body=line.encode())


def refusal(request: Request, behavior: Behavior, *, tls_port: int) -> Reply | None:
    """Refuse or redirect what never reaches cache or origin ("Cache behavior settings")."""
    if not request.tls and behavior.viewer_protocol_policy == "redirect-to-https":
        return _redirect(request, tls_port)
    if not request.tls and behavior.viewer_protocol_policy == "https-only":
        return _refused(HTTPStatus.FORBIDDEN, "this path is for HTTPS only")
    if request.method not in KNOWN_METHODS:
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method} is not a method that CloudFront takes")
    if request.method not in behavior.allowed_methods:
        return _refused(HTTPStatus.FORBIDDEN, f"{request.method} is not allowed for {behavior.pattern}")
    if request.method in SAFE_METHODS and request.body:
        return _refused(HTTPStatus.FORBIDDEN, f"a {request.method} request has no body")
    return None


def _redirect(request: Request, tls_port: int) -> Reply:
    """Send the viewer to HTTPS ("Require HTTPS for communication between viewers and CloudFront")."""
    status = HTTPStatus.MOVED_PERMANENTLY if request.method in SAFE_METHODS else HTTPStatus.TEMPORARY_REDIRECT
    host = request.host.rpartition(":")[0] or request.host
    query = f"?{request.query}" if request.query else ""
    location = f"https://{host}:{tls_port}{request.path}{query}"
    headers = (*_own_headers("text/html"), ("Location", location))
    return Reply(answer=Answer(status=status, headers=headers, body=b""), result=Result.REDIRECT)


def _refused(status: HTTPStatus, reason: str) -> Reply:
    return Reply(answer=error(status, reason), result=Result.ERROR)


def _own_headers(content_type: str) -> Headers:
    return (("Server", "CloudFront"), ("Date", formatdate(usegmt=True)), ("Content-Type", content_type))


def compressed(answer: Answer, encodings: tuple[str, ...]) -> Answer:
    """Return an answer as the edge keeps it for viewers that take these encodings ("Serve compressed files").

    Brotli would need a library, so that who takes both gets gzip, and who takes Brotli alone gets the object as it is.
    """
    fields = answer.fields
    fits = (
        "gzip" in encodings
        and answer.status in COMPRESSED_STATUSES
        and fields.get("content-type", "").partition(";")[0].strip().lower() in COMPRESSED_TYPES
        and "content-encoding" not in fields
        and "no-transform" not in fields.get("cache-control", "").lower()
        and SMALLEST <= len(answer.body) <= LARGEST
    )
    if not fits:
        return answer
    vary = ", ".join(filter(None, [fields.get("vary"), "Accept-Encoding"]))
    headers = [("Content-Encoding", "gzip"), ("Vary", vary)]
    if etag := fields.get("etag"):
        headers.append(("ETag", "W/" + etag.removeprefix("W/")))
    kept = without(answer.headers, {"content-length", "etag", "vary"})
    return Answer(status=answer.status, headers=(*kept, *headers), body=gzip.compress(answer.body, 6, mtime=0))


def finished(reply: Reply, request: Request, policy: ResponseHeadersPolicy) -> Answer:
    """Return the answer as the viewer gets it: a 304 where that is enough, with the headers that the edge adds."""
    answer = _not_modified(request, reply.answer) or reply.answer
    headers = without(answer.headers, REPLACED if reply.age is not None else REPLACED - {"age"})
    if reply.result is not Result.REDIRECT:
        headers = _with_policy(headers, policy)
    own = [
        ("X-Cache", f"{reply.result} from cloudfront"),
        ("Via", f"{request.http_version} {request.request_id[:32]}.cloudfront.net (CloudFront)"),
        ("X-Amz-Cf-Pop", request.location),
        ("X-Amz-Cf-Id", request.request_id),
    ]
    if reply.age is not None:
        own.append(("Age", str(reply.age)))
    return Answer(status=answer.status, headers=(*headers, *own), body=answer.body)


def _with_policy(headers: Headers, policy: ResponseHeadersPolicy) -> Headers:
    """Apply a response headers policy ("Understand response headers policies")."""
    headers = without(headers, policy.removed)
    present = {name.lower() for name, _ in headers}
    added = [header for header in policy.added if header.override or header.name.lower() not in present]
    kept = without(headers, {header.name.lower() for header in added})
    return (*kept, *((header.name, header.value) for header in added))


def _not_modified(request: Request, answer: Answer) -> Answer | None:
    """Return a 304 where the viewer has the object already (RFC 9110, 13.2.2)."""
    if answer.status != HTTPStatus.OK or request.method not in SAFE_METHODS or not _has(request, answer):
        return None
    kept = tuple((name, value) for name, value in answer.headers if name.lower() in NOT_MODIFIED_KEEPS)
    return Answer(status=HTTPStatus.NOT_MODIFIED, headers=kept, body=b"")


def _has(request: Request, answer: Answer) -> bool:
    etag, wanted = answer.fields.get("etag"), request.fields.get("if-none-match")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return etag is not None and (etag.removeprefix("W/") in tags or "*" in tags)
    changed, since = answer.fields.get("last-modified"), request.fields.get("if-modified-since")
    if changed is None or since is None:
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except ValueError:
        return False
