"""The requests of a period, object by object in order of time, however many there are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ttl_review.days import query
from ttl_review.engine import BATCH, Engine
from ttl_review.model import Period


class Result(IntEnum):
    """x-edge-response-result-type, as queries/requests.sql numbers it ("Standard logging reference")."""

    OTHER = 0
    HIT = 1
    REFRESH_HIT = 2
    ORIGIN_SHIELD_HIT = 3
    MISS = 4
    ERROR = 5
    LIMIT_EXCEEDED = 6
    CAPACITY_EXCEEDED = 7
    REDIRECT = 8


class Object(NamedTuple):
    """What one edge location may keep one answer of."""

    location: str
    path: str
    query: str
    """As logged, but empty where there is none."""


@dataclass(frozen=True, kw_only=True)
class Requests:
    """Requests in order of object and time; an array has one value a request."""

    objects: tuple[Object, ...]
    """In order of edge location, path and query string."""
    continues: bool
    """Whether the first object is the last one of the batch before."""
    object: NDArray[np.int64]
    """Which of `objects`; never falls."""
    at_ms: NDArray[np.int64]
    """Milliseconds since 1970; never falls within an object."""
    status: NDArray[np.int64]
    """0 where the viewer left before there was an answer."""
    result: NDArray[np.int64]
    """A Result."""

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each object's first request in this batch stands."""
        return np.searchsorted(self.object, np.arange(len(self.objects)))


def requests(
    engine: Engine, period: Period, *, size: int = BATCH, progress: Callable[[int], None] = lambda _lines: None
) -> Iterator[Requests]:
    """Yield the GET and HEAD requests of these days; `progress` is told how many lines have been yielded.

    Edge locations, paths and query strings are in the order of their bytes in UTF-8.
    """
    last: Object | None = None
    lines = 0
    for columns in engine.batches(query("requests", period), size=size):
        batch = _batch(columns, last)
        last = batch.objects[-1]
        lines += len(batch.at_ms)
        progress(lines)
        yield batch


def _batch(columns: Any, last: Object | None) -> Requests:  # noqa: ANN401 (columns of any type, by name)
    begins = columns["nth"] == 1
    names = (columns[name][begins] for name in ("location", "path", "query"))
    begun = [Object(location, path, "" if text == "-" else text) for location, path, text in zip(*names, strict=True)]
    continues = not begins[0]
    if continues and last is not None:
        begun.insert(0, last)
    return Requests(
        objects=tuple(begun),
        continues=bool(continues),
        object=np.cumsum(begins, dtype=np.int64) - (0 if continues else 1),
        **{name: columns[name].astype(np.int64) for name in ("at_ms", "status", "result")},
    )
