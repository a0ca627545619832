"""Requests and answers on their way through the edge."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

Headers = tuple[tuple[str, str], ...]
"""Names and values in order, as they came; names in any case."""


class Result(StrEnum):
    """What the edge says of an answer in `X-Cache` and in its log ("Standard logging reference")."""

    MISS = "Miss"
    HIT = "Hit"
    REFRESH_HIT = "RefreshHit"
    ERROR = "Error"
    REDIRECT = "Redirect"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a viewer asks."""

    method: str
    host: str
    path: str
    """URL-encoded, as it came."""
    query: str
    headers: Headers
    body: bytes
    client: tuple[str, int]
    """Address and port."""
    tls: bool
    http_version: str
    location: str
    """The edge location that is asked, as "NRT57-P1"."""
    request_id: str

    @cached_property
    def fields(self) -> dict[str, str]:
        """The headers by name in lower case, several values of a name joined."""
        return _joined(self.headers)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an origin, or the edge itself, answers."""

    status: int
    headers: Headers
    body: bytes

    @cached_property
    def fields(self) -> dict[str, str]:
        """The headers by name in lower case, several values of a name joined."""
        return _joined(self.headers)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, and how the edge came by it."""

    answer: Answer
    result: Result
    age: int | None = None
    """Seconds since the origin made it, where it comes from the cache."""


def without(headers: Headers, names: Collection[str]) -> Headers:
    """Return headers without those of these names, which are in lower case."""
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def _joined(headers: Headers) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return {name: ("; " if name == "cookie" else ", ").join(values) for name, values in found.items()}
