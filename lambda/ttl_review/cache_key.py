"""What of a request tells one kept answer from another.

Source: the Amazon CloudFront Developer Guide, by page title at each rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

_REFUSED = re.compile(r"\s*q\s*=\s*0(?:\.0*)?\s*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class KeyPolicy:
    """What of a request enters the key ("Understand cache policies"); nothing else ever does."""

    headers: frozenset[str]
    """Names, in any case."""
    cookies: frozenset[str] | None
    """Names, case-sensitive; None: all."""
    query_strings: frozenset[str] | None
    """Names, case-sensitive; None: all."""
    encodings: frozenset[str]
    """Of "gzip" and "br", those that are kept compressed."""


class CacheKey(NamedTuple):
    """What two requests share when one's answer may be the other's."""

    method: str
    host: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[tuple[str, str], ...]
    encodings: tuple[str, ...]


def cache_key(
    *, method: str, host: str, path: str, query: str, headers: Mapping[str, str], policy: KeyPolicy
) -> CacheKey:
    """Return the key of a request ("Understand the cache key").

    `host` is the distribution's domain name; the viewer's Host is a header like any other. `headers` has names in
    lower case. Paths, query strings, header values and cookies count letter by letter, query strings in the order sent
    ("Cache content based on query string parameters"); cookies are sorted by name ("Cache content based on cookies").
    """
    wanted = sorted({name.lower() for name in policy.headers} & headers.keys())
    return CacheKey(
        method="GET" if method == "HEAD" else method,  # GET and HEAD share an object, OPTIONS has its own
        host=host.lower(),
        path=path,
        query=_kept_query(query, policy.query_strings),
        headers=tuple((name, headers[name]) for name in wanted),
        cookies=_kept_cookies(headers.get("cookie", ""), policy.cookies),
        encodings=_kept_encodings(headers.get("accept-encoding", ""), policy.encodings),
    )


def _kept_query(query: str, names: frozenset[str] | None) -> str:
    if names is None:
        return query
    return "&".join(part for part in query.split("&") if part.partition("=")[0] in names)


def _kept_cookies(cookie: str, names: frozenset[str] | None) -> tuple[tuple[str, str], ...]:
    pairs = [(name.strip(), value.strip()) for name, _, value in (part.partition("=") for part in cookie.split(";"))]
    return tuple(sorted((p for p in pairs if any(p) and (names is None or p[0] in names)), key=itemgetter(0)))


def _kept_encodings(accept_encoding: str, encodings: frozenset[str]) -> tuple[str, ...]:
    """Normalize as under "Compression support"; silent on q=0, which refuses (RFC 9110, 12.4.2)."""
    offers = (item.partition(";") for item in accept_encoding.lower().split(","))
    return tuple(sorted(encodings & {coding.strip() for coding, _, weight in offers if not _REFUSED.fullmatch(weight)}))
