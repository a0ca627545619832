"""How often objects change: by when they were edited, or by what answers that were kept too long turned into."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ttl_review.model import Policy
from ttl_review.popular import Behaviours

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BINS_A_FOLD, BINS = 16, 400
_HALVINGS = 60
_LONGEST_S = 1e10


@dataclass
class Changes:
    """Expired answers that were fetched again, by the time since they had been fetched."""

    _changed: Floats = field(default_factory=lambda: np.zeros(BINS))
    """How many, by bin of time; then all their seconds."""
    _seconds: Floats = field(default_factory=lambda: np.zeros(BINS))
    _unchanged: int = 0
    _unchanged_seconds: float = 0.0

    def add(self, since_ms: Ints, changed: NDArray[np.bool_]) -> None:
        """Count answers: for how long each had been kept, and whether the origin had another one."""
        # Logs tell no less than a millisecond; of no time at all nothing could be said.
        since_ms = np.maximum(1, since_ms)
        seconds = since_ms / 1000
        bins = np.minimum(BINS - 1, np.log(since_ms) * BINS_A_FOLD).astype(np.int64)[changed]
        self._changed += np.bincount(bins, minlength=BINS)
        self._seconds += np.bincount(bins, weights=seconds[changed], minlength=BINS)
        self._unchanged += int((~changed).sum())
        self._unchanged_seconds += float(seconds[~changed].sum())

    @property
    def seconds(self) -> float | None:
        """Between two changes on average, most likely; None: no answer was ever confirmed, so that nobody knows.

        Changes come at random: after t seconds there has been one with the probability 1 - exp(-t / mean), be it one or
        many. Where the likelihood is greatest, the sum of t / (exp(t / mean) - 1) over what had changed is that of t
        over what had not. With no change at all, half a one is taken.
        """
        if not self._unchanged:
            return None
        if not self._changed.any():
            return 2 * self._unchanged_seconds
        filled = self._changed > 0
        times, count = self._seconds[filled] / self._changed[filled], self._changed[filled]
        low, high = 1e-3, _LONGEST_S
        for _ in range(_HALVINGS):
            mean = (low * high) ** 0.5
            # Above 700 exp overflows, and what it stands for is nothing.
            found = float((count * times / np.expm1(np.minimum(times / mean, 700.0))).sum())
            low, high = (low, mean) if found > self._unchanged_seconds else (mean, high)
        return (low * high) ** 0.5


def by_edits(moments: Mapping[str, Collection[float]], policies: Sequence[Policy], *, until: float) -> dict[str, float]:
    """Return the seconds between two changes of an object, by path pattern, where anything is known of its paths.

    The first moment of a path is when it came to be, and all others are edits. Of these only the last one counts, since
    a table of posts knows no other: edits come at random, and looking back from any moment the last one is as far away
    as the next, or else there has been none for as long as the path has been there. With no edit at all, half a one is
    taken.
    """
    behaviours = Behaviours(policies)
    edited: dict[str, int] = {}
    watched: dict[str, float] = {}
    for path, given in moments.items():
        known = sorted(moment for moment in set(given) if moment < until)
        if known:
            pattern = behaviours.of(path).pattern
            edited[pattern] = edited.get(pattern, 0) + (len(known) > 1)
            watched[pattern] = watched.get(pattern, 0.0) + until - known[-1]
    return {pattern: seconds / max(edited[pattern], 0.5) for pattern, seconds in watched.items()}
