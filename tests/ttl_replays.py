"""Requests in memory, and what a review makes of them."""

import math
import random
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from msgspec.structs import replace

from tests.edge_logs import PERIOD
from ttl_review.engine import Columns, Unreadable
from ttl_review.model import Curve, Policy, Popular
from ttl_review.popular import NOTHING
from ttl_review.proposals import Replayed, curves
from ttl_review.requests import Result
from ttl_review.settings import Settings

DAY = 86_400
HIT, MISS = Result.HIT, Result.MISS
Visit = tuple[str, str, str, float, int, int]
"""Edge location, path, query string, seconds, result and status."""
PAGES = Policy(name="pages", pattern="*", min_seconds=0, default_seconds=60, max_seconds=DAY, query_strings=("page",))
FORMS = Policy(name="forms", pattern="/write*", min_seconds=0, default_seconds=0, max_seconds=0)
SETTINGS = Settings(least_requests=50, most_stale_seconds={"pages": 3600})


class Logged:
    """An engine with requests in memory, in the order and the batches in which the query yields them."""

    unreadable, source, scanned_bytes, cost_usd = Unreadable(), "memory", 0, 0.0

    def __init__(self, visits: Iterable[Visit], *, most: int = 10_000) -> None:
        self._visits = sorted(visits)
        self._most = most

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        raise AssertionError(sql)

    def batches(self, sql: str, *, size: int = 0) -> Iterator[Columns]:
        assert "ROW_NUMBER" in sql
        assert size
        rows: list[tuple[Any, ...]] = []
        nth, last = 0, None
        for location, path, query, at, result, status in self._visits:
            nth = nth + 1 if (location, path, query) == last else 1
            last = (location, path, query)
            named = last if nth == 1 else ("", "", "")
            rows.append((*named, nth, round(at * 1000), status, result))
        names = ("location", "path", "query", "nth", "at_ms", "status", "result")
        for first in range(0, len(rows), self._most):
            values = zip(*rows[first : first + self._most], strict=True)
            yield {
                name: np.array(column, object if name in names[:3] else np.int64)
                for name, column in zip(names, values, strict=True)
            }


def replayed(visits: Iterable[Visit], settings: Settings = SETTINGS, *, most: int = 10_000, **policy: Any) -> Replayed:
    policies = (FORMS, replace(PAGES, **policy))
    engine = Logged(visits, most=most)
    return curves(engine, PERIOD, policies, settings=settings, progress=lambda _: None)


def whole(made: Replayed) -> Curve:
    """The curve of the pages as a whole."""
    return next(curve for curve in made.curves if not curve.path)


def poisson(rate: float, *, objects: int, seed: int, ttl: float = 60) -> Iterator[Visit]:
    """Requests at so many a second for each object, with the log that a cache of this TTL leaves."""
    chance = random.Random(seed)
    for number in range(objects):
        at, fetched = chance.expovariate(rate), -math.inf
        while at < DAY:
            result = "Hit" if at - fetched < ttl else "Miss"
            fetched = at if result == "Miss" else fetched
            yield "NRT1", f"/p{number}", "-", at, HIT if result == "Hit" else MISS, 200
            at += chance.expovariate(rate)


def popular(requests: dict[str, int]) -> Iterator[Popular]:
    """The table of popular objects, as far as a replay asks."""
    for path, number in requests.items():
        pattern = "/write*" if path.startswith("/write") else "*"
        yield Popular(path=path, pattern=pattern, counts=replace(NOTHING, requests=number))


def at_places(visits: Iterable[Visit], path: str) -> list[Visit]:
    """The same requests for one path, each object's at an edge location of its own."""
    return [(f"L{object_[2:]}", path, *rest) for _, object_, *rest in visits]  # pyright: ignore[reportReturnType]
