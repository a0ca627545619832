"""What of a viewer's request goes to the origin.

Source: "Request and response behavior for custom origins" and "Control origin requests with a policy", Amazon
CloudFront Developer Guide. Where no policy names anything, an origin sees path, body and CloudFront's own headers.
"""

from collections.abc import Collection

from local.edge.distribution import Behavior, Origin
from local.edge.messages import Request

NEVER = frozenset(
    {
        *("connection", "content-length", "cookie", "expect", "host", "if-range", "keep-alive", "proxy-authenticate"),
        *("proxy-authorization", "proxy-connection", "range", "te", "trailer", "transfer-encoding", "upgrade", "via"),
        *("x-amz-cf-id", "x-forwarded-for", "x-forwarded-proto", "x-real-ip"),
    }
)
"""What the edge sets itself or never passes on, whatever a policy says; every object is asked for as a whole."""
CONDITIONS = ("if-match", "if-modified-since", "if-none-match", "if-unmodified-since")
USER_AGENT = "Amazon CloudFront"


def target(request: Request, behavior: Behavior, origin: Origin) -> str:
    """Return the path and the query string that the origin is asked for."""
    named = (behavior.cache_policy.key.query_strings, behavior.origin_request.query_strings)
    parts = request.query.split("&") if request.query else []
    passed = [part for part in parts if any(selection.takes(part.partition("=")[0]) for selection in named)]
    return f"{origin.path}{request.path}" + ("?" + "&".join(passed) if passed else "")


def headers(request: Request, behavior: Behavior, origin: Origin, *, encodings: Collection[str]) -> dict[str, str]:
    """Return the headers that the origin gets; `encodings` are those that the viewer takes and the policy keeps."""
    named = (behavior.cache_policy.key.headers, behavior.origin_request.headers)
    passed = {
        name: value
        for name, value in request.fields.items()
        if name not in NEVER
        and not name.startswith(("x-edge-", "cloudfront-"))
        and any(selection.takes(name) for selection in named)
    }
    if behavior.cache_policy.encodings:
        passed.pop("accept-encoding", None)
    if "content-type" in request.fields and request.body:
        passed["content-type"] = request.fields["content-type"]
    takes_host = any(selection.takes("host") for selection in named)
    own = {
        "host": request.fields["host"] if takes_host else origin.domain_name,
        "user-agent": passed.get("user-agent", USER_AGENT),
        "via": f"{request.http_version} {request.request_id[:32]}.cloudfront.net (CloudFront)",
        "x-amz-cf-id": request.request_id,
        "x-forwarded-for": ", ".join(filter(None, [request.fields.get("x-forwarded-for"), request.client[0]])),
        **_cookie(request, behavior),
        **({"accept-encoding": ",".join(encodings)} if encodings else {}),
        **_of_cloudfront(request, behavior),
        **{name.lower(): value for name, value in origin.custom_headers},
    }
    return passed | own


def _cookie(request: Request, behavior: Behavior) -> dict[str, str]:
    named = (behavior.cache_policy.key.cookies, behavior.origin_request.cookies)
    pairs = [pair.strip() for pair in request.fields.get("cookie", "").split(";")]
    passed = [pair for pair in pairs if pair and any(each.takes(pair.partition("=")[0]) for each in named)]
    return {"cookie": "; ".join(passed)} if passed else {}


def _of_cloudfront(request: Request, behavior: Behavior) -> dict[str, str]:
    """Return the headers about the viewer that a policy asks for ("Add CloudFront request headers")."""
    known = {
        "cloudfront-forwarded-proto": "https" if request.tls else "http",
        "cloudfront-viewer-address": f"{request.client[0]}:{request.client[1]}",
        "cloudfront-viewer-http-version": request.http_version,
    }
    wanted = behavior.cache_policy.key.cloudfront_headers | behavior.origin_request.cloudfront_headers
    return {name: value for name, value in known.items() if name in wanted}
