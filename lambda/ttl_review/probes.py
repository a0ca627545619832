"""Requests of our own to the site, for what no log says: whether answers are compressed, private, depend on cookies."""

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from urllib.parse import quote

from msgspec import Struct

from ttl_review.findings import COMPRESSED_TYPES
from ttl_review.model import Finding, Policy, Popular
from ttl_review.shown import shown

SECONDS = 10
TIMES = 2
"""So often each path is asked for: the second answer may come from the cache."""
LEAST_BYTES, MOST_BYTES = 1_000, 10_000_000
MOST_PATHS = 20
"""Paths that are asked for, at most."""
_SAFE = "/:@!$&'()*+,;=-._~%"
_PRIVATE = ("private", "no-store")


class Answer(Struct, frozen=True, kw_only=True):
    """What came of a request; headers by name in lower case."""

    status: int
    headers: Mapping[str, str]
    size: int
    digest: str = ""
    """Of the body."""


Ask = Callable[[str], Answer]


class Site:
    """Asks a site, as a browser without any cookie does."""

    def __init__(self, url: str, *, ca_file: str = "") -> None:
        """`ca_file` is what the site's certificate is checked against, the system's authorities if empty."""
        self._url = url.rstrip("/")
        context = ssl.create_default_context(cafile=ca_file or None)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirect)

    def __call__(self, path: str) -> Answer:
        """Ask for one path; an answer without one, as of a site that is down, raises OSError."""
        address = self._url + quote(path, safe=_SAFE)
        request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip, br", "User-Agent": "edgepost"})  # noqa: S310 (the site's own)
        try:
            with self._opener.open(request, timeout=SECONDS) as found:
                body = found.read(MOST_BYTES + 1)
                headers = {name.lower(): value for name, value in found.headers.items()}
                return Answer(status=found.status, headers=headers, size=len(body), digest=sha256(body).hexdigest())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(status=error.code, headers={k.lower(): v for k, v in error.headers.items()}, size=0)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer."""

    def redirect_request(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Follow none."""


def public(popular: Iterable[Popular], policies: Sequence[Policy]) -> Iterator[Popular]:
    """Yield the first of the paths that may be asked for: somebody had a good answer, and it is kept for everybody.

    What is not kept may be one visitor's, or a form.
    """
    kept = {policy.pattern for policy in policies if policy.max_seconds > 0}
    yield from islice((one for one in popular if one.pattern in kept and one.counts.status_2xx), MOST_PATHS)


def probed(ask: Ask, popular: Iterable[Popular]) -> Iterator[Finding]:
    """Ask for each path and yield what its answers show; a path that cannot be asked for shows nothing."""
    for each in popular:
        try:
            answers = [ask(each.path) for _ in range(TIMES)]
        except (OSError, http.client.HTTPException):
            continue
        yield from _shown_by(each, answers[-1], same=len({answer.digest for answer in answers}) == 1)


def _shown_by(popular: Popular, answer: Answer, *, same: bool) -> Iterator[Finding]:
    path, requests = shown(popular.path), popular.counts.requests
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    fits = answer.status == 200 and LEAST_BYTES <= answer.size <= MOST_BYTES  # noqa: PLR2004
    if fits and kind in COMPRESSED_TYPES and "content-encoding" not in answer.headers:
        text = f"{path} went out uncompressed to a viewer that takes gzip and br: {answer.size} bytes of {kind}."
        yield Finding(kind="uncompressed", subject=path, text=text, requests=requests)
    hit = answer.headers.get("x-cache", "").lower().startswith(("hit", "refreshhit"))
    control = answer.headers.get("cache-control", "").lower()
    private = [word for word in _PRIVATE if word in control] + (
        ["Set-Cookie"] if "set-cookie" in answer.headers else []
    )
    if hit and private:
        text = f"{path} came from the cache though it says {', '.join(private)}: one visitor's answer goes to others."
        yield Finding(kind="private-shared", subject=path, text=text, requests=requests)
    elif fits and same and private and "set-cookie" not in answer.headers:
        text = (
            f"{path} says {', '.join(private)}, so that it is never kept, but a visitor without cookies got the same"
            f" {answer.size} bytes each of {TIMES} times: if others get them too, let it be shared."
        )
        yield Finding(kind="private-shared", subject=path, text=text, requests=requests)
    if "cookie" in {name.strip().lower() for name in answer.headers.get("vary", "").split(",")}:
        text = f"{path} says that it depends on cookies (Vary: Cookie): either it is for one visitor, or it should not."
        yield Finding(kind="fragmented-by-cookie", subject=path, text=text, requests=requests)
