"""What other TTLs would have done on these very requests: replayed for each edge location and object, then pooled.

A request counts if the cache had a say in it: in the log it was a hit, a refresh hit or a miss, and no error. A hit is
an answer that did not wait for the origin; a refresh hit did. Where log and replay are compared, the first request of
each object is left out, since the log does not tell what an edge location kept before.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ttl_review.cache_key import KeyPolicy, cache_key
from ttl_review.candidates import Trial, Tried, tried
from ttl_review.chains import Served, serve
from ttl_review.changes import Changes
from ttl_review.engine import Engine
from ttl_review.model import Period, Policy, Popular
from ttl_review.popular import Behaviours
from ttl_review.requests import Object, Requests, Result, requests
from ttl_review.settings import Settings
from ttl_review.tallies import Ratio, Tally

Ints = NDArray[np.int64]

APART_MS = 10**11
"""Between the moments of two objects: longer than any period and any TTL together."""
FIRST_ERROR = 400
STANDING_OUT = 3
"""Paths that get a curve of their own, at most."""


class Rows(NamedTuple):
    """Requests of whole objects, in order of object and time."""

    moments: Ints
    """Milliseconds, far apart for different objects."""
    result: Ints
    starts: Ints
    """Where each object begins."""


@dataclass(kw_only=True)
class Subject:
    """What gets a curve: a behaviour, or one path of it."""

    policy: Policy
    path: str = ""
    tried: Tried
    change_seconds: float | None
    """Between changes, by setting or by edits; None: to be estimated."""
    edited: bool = False
    """Whether it is by edits."""
    tallies: dict[int, Tally] = field(default_factory=dict[int, Tally])
    """By TTL in seconds."""
    logged: Ratio = field(default_factory=Ratio)
    replayed: Ratio = field(default_factory=Ratio)
    """The TTL in force; both without the first request of each object."""
    changes: Changes = field(default_factory=Changes)
    """By the log."""

    @property
    def current(self) -> Tally:
        """What came of the TTL in force."""
        return self.tallies.setdefault(self.tried.current.ttl_seconds, Tally())

    def take(self, rows: Rows) -> None:
        """Replay requests by every TTL."""
        in_force = self.tried.current
        served = self._one(rows, in_force)
        usual = ~served.waited
        self._compare(rows, usual)
        self._estimate(rows, served)
        for trial in self.tried.others:
            hits = usual if trial is in_force else ~self._one(rows, trial).waited
            lengths = np.diff(rows.starts, append=rows.moments.size)
            per_object = [np.add.reduceat(each.astype(np.int64), rows.starts) for each in (hits, usual)]
            tally = self.tallies[trial.ttl_seconds]
            tally.ratio.add(per_object[0], lengths)
            tally.gain.add(per_object[0] - per_object[1], lengths)

    def _one(self, rows: Rows, trial: Trial) -> Served:
        """Replay one TTL, and count its fetches and the ages of its answers."""
        served = serve(rows.moments, trial.keep_ms, trial.stale_ms)
        tally = self.tallies.setdefault(trial.ttl_seconds, Tally())
        tally.fetches += served.fetched.size
        tally.add_ages((rows.moments - rows.moments[served.source])[~served.waited])
        return served

    def _compare(self, rows: Rows, hits: NDArray[np.bool_]) -> None:
        later = np.ones(rows.moments.size, np.int64)
        later[rows.starts] = 0
        counted = np.add.reduceat(later, rows.starts)
        for ratio, found in ((self.logged, rows.result == Result.HIT), (self.replayed, hits)):
            ratio.add(np.add.reduceat(found.astype(np.int64) * later, rows.starts), counted)

    def _estimate(self, rows: Rows, served: Served) -> None:
        """See what the log says of answers whose time was over: unchanged, or changed or evicted, which looks alike.

        Each had been fetched when the origin was asked before: by the log too, or behind a hit, which it does not say.
        """
        logged = rows.result != Result.HIT
        behind = np.zeros(logged.size, np.bool_)
        behind[served.fetched] = True
        asked = np.flatnonzero(logged | (behind & ~served.waited))
        owner = np.searchsorted(rows.starts, asked, side="right")
        followed = (owner[1:] == owner[:-1]) & logged[asked[1:]]
        again, before = asked[1:][followed], asked[:-1][followed]
        self.changes.add(rows.moments[again] - rows.moments[before], rows.result[again] == Result.MISS)


def replay(
    engine: Engine,
    period: Period,
    policies: Sequence[Policy],
    *,
    popular: Iterable[Popular],
    settings: Settings,
    progress: Callable[[str], None],
) -> list[Subject]:
    """Replay all requests of a period and return what came of them: behaviours that keep anything, then paths.

    Those of `popular`, the most requests first, that come first have a curve of their own.
    """
    # The same paths come again at each edge location.
    of = functools.lru_cache(maxsize=100_000)(Behaviours(policies).of)
    subjects = _subjects(popular, policies, settings)
    for batch in _whole(requests(engine, period, progress=lambda lines: progress(f"replayed {lines:,} lines"))):
        sound = (batch.status < FIRST_ERROR) & np.isin(batch.result, (Result.HIT, Result.REFRESH_HIT, Result.MISS))
        policy_of = [of(one.path) for one in batch.objects]
        patterns = np.array([policy.pattern for policy in policy_of])
        paths = np.array([one.path for one in batch.objects], object)
        group_of = _groups(batch.objects, policy_of)
        for subject in subjects:
            chosen = patterns == subject.policy.pattern
            if subject.path:
                chosen &= paths == subject.path
            rows = _rows(batch, sound & chosen[batch.object], group_of)
            if rows.moments.size:
                subject.take(rows)
    return subjects


def _subjects(popular: Iterable[Popular], policies: Sequence[Policy], settings: Settings) -> list[Subject]:
    kept = {policy.pattern: policy for policy in policies if policy.max_seconds > 0}
    standing_out = (
        _subject(kept[one.pattern], one.path, settings)
        for one in popular
        if one.pattern in kept and one.counts.requests >= settings.least_requests
    )
    return [*(_subject(policy, "", settings) for policy in kept.values()), *islice(standing_out, STANDING_OUT)]


def _subject(policy: Policy, path: str, settings: Settings) -> Subject:
    return Subject(
        policy=policy,
        path=path,
        tried=tried(
            policy,
            origin_seconds=settings.origin_seconds.get(policy.pattern),
            stale_seconds=settings.origin_stale_seconds.get(policy.pattern, 0),
        ),
        change_seconds=settings.changes.get(policy.pattern, settings.edits.get(policy.pattern)),
        edited=policy.pattern not in settings.changes and policy.pattern in settings.edits,
    )


def _whole(batches: Iterator[Requests]) -> Iterator[Requests]:
    """Yield batches that end with the last request of a path at an edge location, whose answers may share a key."""
    rest: Requests | None = None
    for batch in batches:
        joined = _joined(rest, batch) if rest else batch
        last = joined.objects[-1]
        begins = next(at for at, one in enumerate(joined.objects) if one[:2] == last[:2])
        if begins:
            yield _cut(joined, 0, begins)
        rest = _cut(joined, begins, len(joined.objects))
    if rest:
        yield rest


def _joined(one: Requests, other: Requests) -> Requests:
    shift = len(one.objects) - (1 if other.continues else 0)
    arrays = {
        name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in ("at_ms", "status", "result")
    }
    return replace(
        one,
        objects=(*one.objects, *other.objects[1 if other.continues else 0 :]),
        object=np.concatenate([one.object, other.object + shift]),
        **arrays,
    )


def _cut(batch: Requests, first: int, end: int) -> Requests:
    """Return the requests of some objects."""
    low, high = np.searchsorted(batch.object, [first, end])
    arrays = {name: getattr(batch, name)[low:high] for name in ("at_ms", "status", "result")}
    return replace(
        batch, objects=batch.objects[first:end], continues=False, object=batch.object[low:high] - first, **arrays
    )


def _groups(found: Sequence[Object], policies: Sequence[Policy]) -> Ints:
    """Number the keys of what an edge location keeps: query strings that are not in a key do not tell answers apart."""
    numbers: dict[tuple[str, str, str], int] = {}
    return np.array(
        [
            numbers.setdefault((one.location, one.path, _kept_query(one, policy)), len(numbers))
            for one, policy in zip(found, policies, strict=True)
        ],
        np.int64,
    )


def _kept_query(one: Object, policy: Policy) -> str:
    return _in_key(one.query, policy.query_strings) if one.query and policy.query_strings != () else ""


@functools.lru_cache(maxsize=100_000)
def _in_key(query: str, query_strings: tuple[str, ...] | None) -> str:
    names = None if query_strings is None else frozenset(query_strings)
    key = KeyPolicy(headers=frozenset(), cookies=frozenset(), query_strings=names, encodings=frozenset())
    return cache_key(method="GET", host="", path="/", query=query, headers={}, policy=key).query


def _rows(batch: Requests, mask: NDArray[np.bool_], group_of: Ints) -> Rows:
    """Return the requests in a mask, in order of key and time."""
    groups, at, result = group_of[batch.object[mask]], batch.at_ms[mask], batch.result[mask]
    # Counted from the earliest one, so that far more objects have room than there are.
    earliest = at.min() if at.size else 0
    moments = groups * APART_MS + (at - earliest)
    # A stable sort is quick where nearly all is in order: only what shares a key is not.
    order = np.argsort(moments, kind="stable")
    begins = np.diff(groups[order], prepend=-1) != 0
    return Rows(moments[order], result[order], np.flatnonzero(begins))
