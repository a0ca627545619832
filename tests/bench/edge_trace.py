"""A day of requests to one edge location, replayed through the rules of freshness: no network, no cache server."""

import random
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from ttl_review.cache_key import CacheKey, KeyPolicy, cache_key
from ttl_review.freshness import Ttl, Verdict, judge
from ttl_review.path_patterns import matches

SEED = 20_260_101
REQUESTS = 100_000
OBJECTS = 10_000
EXPONENT = 1.0
PERIOD_SECONDS = 86_400
PAGE_CHANGE_SECONDS = 6 * 3600
HOST = "d111111abcdef8.cloudfront.net"
VIEWER = {"accept-encoding": "gzip, deflate, br, zstd", "cookie": "theme=dark"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of content, with the header that the blog sends with it."""

    name: str
    path: str
    cache_control: str
    share: float
    """Of the objects; popularity does not depend on the kind."""
    change_seconds: float = 0
    """Mean time between changes, which come at random; 0: never changes."""
    private: bool = False
    """Every answer is for one person alone."""


KINDS = (
    Kind(name="assets", path="/assets/{}.css", cache_control="public, max-age=31536000, immutable", share=0.10),
    Kind(name="images", path="/images/{}", cache_control="public, max-age=86400", share=0.40),
    Kind(
        name="pages",
        path="/posts/{}",
        cache_control="public, max-age=0, s-maxage=60, stale-while-revalidate=30",
        share=0.45,
        change_seconds=PAGE_CHANGE_SECONDS,
    ),
    Kind(name="forms", path="/write/{}", cache_control="private, no-store", share=0.05, private=True),
)


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One object, and when it changes in the period."""

    kind: Kind
    path: str
    changes: Sequence[float]

    def version(self, at: float) -> int:
        """Count the changes so far."""
        return bisect(self.changes, at)


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """What CloudFront does with the paths of one pattern."""

    pattern: str
    ttl: Ttl
    key: KeyPolicy


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One answer in the cache."""

    since: float
    version: int
    verdict: Verdict


@dataclass(kw_only=True)
class Tally:
    """What a policy made of the requests."""

    requests: int = 0
    hits: int = 0
    """Rightly answered without waiting for the origin."""
    origin_requests: int = 0
    strangers: int = 0
    """Answers that were meant for somebody else."""
    out_of_date: list[float] = field(default_factory=list[float])
    """Of each answer that had changed at the origin: for how many seconds."""


def trace() -> list[tuple[float, Thing]]:
    """Return the same requests at every call, in order of time."""
    chance = random.Random(SEED)
    kinds = chance.choices(KINDS, [kind.share for kind in KINDS], k=OBJECTS)
    things = [
        Thing(kind=kind, path=kind.path.format(number), changes=_changes(kind, chance))
        for number, kind in enumerate(kinds)
    ]
    weights = list(accumulate(1 / rank**EXPONENT for rank in range(1, OBJECTS + 1)))
    # Poisson arrivals of a given number are as many moments chosen at random.
    times = sorted(chance.uniform(0, PERIOD_SECONDS) for _ in range(REQUESTS))
    return list(zip(times, chance.choices(things, cum_weights=weights, k=REQUESTS), strict=True))


def _changes(kind: Kind, chance: random.Random) -> list[float]:
    if not kind.change_seconds:
        return []
    gaps = accumulate(iter(lambda: chance.expovariate(1 / kind.change_seconds), None))
    moments: list[float] = []
    for moment in gaps:
        if moment > PERIOD_SECONDS:
            break
        moments.append(moment)
    return moments


def least(requests: Sequence[tuple[float, Thing]]) -> int:
    """Count the origin requests that nothing can save: one for each state of an object, and all that are private."""
    shared = {(thing.path, thing.version(at)) for at, thing in requests if not thing.kind.private}
    return len(shared) + sum(thing.kind.private for _, thing in requests)


def replay(requests: Sequence[tuple[float, Thing]], behaviors: Sequence[Behavior]) -> Mapping[str, Tally]:
    """Replay through a cache that never runs full before an origin that answers at once; tallies by kind."""
    tallies = {kind.name: Tally() for kind in KINDS}
    kept: dict[CacheKey, Kept] = {}
    for at, thing in requests:
        behavior = next(one for one in behaviors if matches(one.pattern, thing.path))
        key = cache_key(method="GET", host=HOST, path=thing.path, query="", headers=VIEWER, policy=behavior.key)
        _answer(tallies[thing.kind.name], kept, key, at=at, thing=thing, ttl=behavior.ttl)
    return tallies


def _answer(tally: Tally, kept: dict[CacheKey, Kept], key: CacheKey, *, at: float, thing: Thing, ttl: Ttl) -> None:
    tally.requests += 1
    old = kept.get(key)
    age = at - old.since if old else 0
    if old is None or age >= old.verdict.fresh_seconds:
        tally.origin_requests += 1
        kept[key] = _fetch(thing, at, ttl)
    if old is None or age >= old.verdict.fresh_seconds + old.verdict.stale_while_revalidate:
        return
    tally.hits += not thing.kind.private
    tally.strangers += thing.kind.private
    if old.version < thing.version(at):
        tally.out_of_date.append(at - thing.changes[old.version])


def _fetch(thing: Thing, at: float, ttl: Ttl) -> Kept:
    verdict = judge(status=200, headers={"cache-control": thing.kind.cache_control}, ttl=ttl, now=at)
    return Kept(since=at, version=thing.version(at), verdict=verdict)
