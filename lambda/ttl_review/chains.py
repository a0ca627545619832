"""Which requests would have gone to the origin, had answers been kept for other times: all objects at once, in numpy.

A request is a row. The rows of one object at one edge location stand together in order of time, and moments of
different objects lie further apart than any answer is kept: so one sorted column holds all of them, and an answer is
never taken for another object's. Times are whole milliseconds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_ROUNDS = 256
"""Steps taken for all stretches side by side, before what is left is walked one by one."""


class Served(NamedTuple):
    """What a cache makes of the rows."""

    fetched: Ints
    """Rows that asked the origin, in order."""
    source: Ints
    """For each row, the row whose fetch has brought its answer: its own where it waited for the origin."""
    waited: Bools
    """Rows that waited for the origin; the others are answered from the cache."""


def serve(moments: Ints, keep: Ints | int, stale: Ints | int) -> Served:
    """Replay rows through caches that never run full, before an origin that answers at once.

    `keep` says for how long the answer of each row, or of all, stays fresh if it is fetched, `stale` for how long after
    that it is served while a new one is fetched, which is there at once.
    """
    until = moments + keep
    fetched = np.flatnonzero(fetches(moments, until))
    lengths = np.diff(fetched, append=moments.size)
    source = np.repeat(fetched, lengths)
    waited = np.zeros(moments.size, np.bool_)
    waited[fetched] = True
    if np.any(stale):
        # The second and later fetches of an object may have happened behind an answer that was served once more.
        before, after = fetched[:-1], fetched[1:]
        behind = moments[after] < (until + stale)[before]
        waited[after[behind]] = False
        source[after[behind]] = before[behind]
    return Served(fetched, source, waited)


def fetches(moments: Ints, until: Ints) -> Bools:
    """Say which rows ask the origin; `until` is when the answer of each is no longer fresh, if it is fetched.

    Where nothing that any row before could have brought is fresh any more, a row is fetched whatever went before. This
    splits the rows into stretches that are followed side by side, each from one fetch to the next.
    """
    fetched = np.empty(moments.size, np.bool_)
    if not moments.size:
        return fetched
    fetched[0] = True
    np.less_equal(np.maximum.accumulate(until)[:-1], moments[1:], out=fetched[1:])
    begins = np.flatnonzero(fetched)
    at, end = _next(moments, until, begins, np.append(begins[1:], moments.size))
    for _ in range(_ROUNDS):
        if not at.size:
            return fetched
        fetched[at] = True
        at, end = _next(moments, until, at, end)
    for begin, stop in zip(at.tolist(), end.tolist(), strict=True):
        _walk(moments, until, begin, stop, fetched)
    return fetched


def _next(moments: Ints, until: Ints, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Go on from each fetch to the next one of its stretch; stretches without another are left out."""
    more = (moments[end - 1] >= until[at]) & (at + 1 < end)
    at, end = at[more], end[more]
    return np.maximum(np.searchsorted(moments, until[at]), at + 1), end


def _walk(moments: Ints, until: Ints, begin: int, end: int, fetched: Bools) -> None:
    """Follow one stretch to its end."""
    # A view, since a list of so many numbers would take five times the memory.
    found = np.searchsorted(moments[begin:end], until[begin:end])
    following = np.maximum(found, np.arange(1, found.size + 1)).data
    rows: list[int] = []
    at, length = 0, end - begin
    while at < length:
        rows.append(at)
        at = following[at]
    fetched[begin + np.array(rows, np.int64)] = True
