"""What a TTL review says: the one shape that the mail, the page, Markdown and the JSON for machines are made of.

Times are seconds, sizes bytes, ratios 0 to 1, days those of UTC.
"""

import json
import sys
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import Struct

VERSION = 1


class Period(Struct, frozen=True, kw_only=True):
    """Whole days, both included."""

    first: date
    last: date


class Policy(Struct, frozen=True, kw_only=True):
    """A TTL policy in force, for the paths of one behaviour."""

    name: str
    """As in stacks/ttl.py."""
    pattern: str
    min_seconds: int
    default_seconds: int
    max_seconds: int
    query_strings: tuple[str, ...] | None = ()
    """In the cache key; None: all."""
    headers: tuple[str, ...] = ()
    cookies: tuple[str, ...] | None = ()
    """In the cache key; None: all."""


class Counts(Struct, frozen=True, kw_only=True):
    """Requests of one object or behaviour, counted as CloudFront's Popular Objects report counts them."""

    requests: int
    hits: int
    misses: int
    errors: int
    bytes: int
    bytes_from_misses: int
    incomplete: int
    status_2xx: int
    status_3xx: int
    status_4xx: int
    status_5xx: int

    @property
    def hit_ratio(self) -> float:
        """Hits among all requests."""
        return self.hits / self.requests if self.requests else 0.0


class Popular(Struct, frozen=True, kw_only=True):
    """One line of the table: an object's path, or `` for a whole behaviour."""

    path: str
    pattern: str
    counts: Counts


class Candidate(Struct, frozen=True, kw_only=True):
    """What another TTL would have led to on these very requests."""

    ttl_seconds: int
    hit_ratio: float
    origin_requests: int
    mean_stale_seconds: float
    """Of all answers from the cache, how long ago the object had changed on average; 0 where it had not."""
    worst_stale_seconds: float
    """How long the most outdated answer could have been out of date."""


class Interval(Struct, frozen=True, kw_only=True):
    """Where a ratio lies with a probability of 95 %."""

    low: float
    high: float


class Curve(Struct, frozen=True, kw_only=True):
    """Hit ratio and staleness over the TTL, for one behaviour or one path that stands out."""

    pattern: str
    path: str = ""
    policy: str
    requests: int
    objects: int
    ttl_seconds: int
    """In force, as far as the logs tell."""
    logged_hit_ratio: float
    replayed_hit_ratio: float
    """What the replay makes of the TTL in force; beside the logged one it tells how far to trust the rest."""
    interval: Interval
    """Of the hit ratio that the replay makes of the TTL in force on all requests."""
    change_seconds: float | None
    """Between two changes of an object, on average; None: unknown."""
    change_source: Literal["setting", "edits", "estimated", "unknown"]
    candidates: tuple[Candidate, ...]


class Proposal(Struct, frozen=True, kw_only=True):
    """A value to change in stacks/ttl.py, with its reason in a sentence."""

    policy: str
    pattern: str
    path: str = ""
    setting: Literal["min_seconds", "default_seconds", "max_seconds"]
    old: int
    new: int
    reason: str
    hit_ratio_gain: float
    interval: Interval
    """Of the gain."""
    origin_requests_saved: int


class Abstention(Struct, frozen=True, kw_only=True):
    """Why nothing is proposed for a behaviour."""

    pattern: str
    policy: str
    reason: str


class Finding(Struct, frozen=True, kw_only=True):
    """Something that a TTL alone does not mend."""

    kind: Literal[
        "fragmented-by-query",
        "never-hit-twice",
        "errors-kept",
        "fragmented-by-cookie",
        "private-shared",
        "uncompressed",
    ]
    subject: str
    """A path, a pattern or a parameter."""
    text: str
    """One sentence with the figures."""
    requests: int


class BrokenLine(Struct, frozen=True, kw_only=True):
    """A line of a log that could not be read."""

    file: str
    line: int
    reason: str


class TtlReview(Struct, frozen=True, kw_only=True):
    """All of one review."""

    version: Literal[1] = VERSION
    stage: str
    period: Period
    source: str
    """Where the logs came from."""
    policies: tuple[Policy, ...]
    popular: tuple[Popular, ...]
    behaviours: tuple[Popular, ...]
    curves: tuple[Curve, ...]
    proposals: tuple[Proposal, ...]
    abstentions: tuple[Abstention, ...]
    findings: tuple[Finding, ...]
    lines: int
    broken_lines: int
    broken_examples: tuple[BrokenLine, ...] = ()
    scanned_bytes: int = 0
    cost_usd: float = 0.0


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a review in JSON."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(TtlReview)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
