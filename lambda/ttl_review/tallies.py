"""What came of one TTL, added up batch by batch: hits, ages, and how sure the hit ratio is."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ttl_review.model import Interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SURE = 1.96
"""Standard errors on either side that hold 95 % of a normal distribution."""


@dataclass
class Ratio:
    """Hits among requests, and the variance of that, where the requests of one object are not independent.

    The objects of all edge locations are taken as drawn at random, each with all its requests: the variance of a ratio
    of two sums over clusters, linearised (Cochran, "Sampling Techniques", chapter 6 and 9).
    """

    requests: int = 0
    hits: int = 0
    clusters: int = 0
    _squares: Floats = field(default_factory=lambda: np.zeros(3))
    """Sums over objects of hits², hits × requests and requests²."""

    def add(self, hits: Ints, requests: Ints) -> None:
        """Count objects, each with its hits and its requests."""
        self.requests += int(requests.sum())
        self.hits += int(hits.sum())
        self.clusters += requests.size
        both = (hits.astype(np.float64), requests.astype(np.float64))
        self._squares += [(both[0] ** 2).sum(), (both[0] * both[1]).sum(), (both[1] ** 2).sum()]

    @property
    def value(self) -> float:
        """The ratio."""
        return self.hits / self.requests if self.requests else 0.0

    def interval(self, *, low: float = 0.0) -> Interval:
        """Where it lies with a probability of 95 %; with one object alone, anywhere."""
        if self.clusters < 2 or not self.requests:  # noqa: PLR2004 (a variance needs two)
            return Interval(low=low, high=1.0)
        ratio = self.value
        spread = float(self._squares @ [1.0, -2 * ratio, ratio**2])
        error = math.sqrt(max(0.0, spread) * self.clusters / (self.clusters - 1)) / self.requests
        return Interval(low=max(low, ratio - SURE * error), high=min(1.0, ratio + SURE * error))


BINS_A_FOLD, BINS = 16, 400
"""Ages are kept in bins, so many for each factor of e: what a bin's mean age stands for is off by a thousandth."""


@dataclass
class Tally:
    """What came of one TTL."""

    ratio: Ratio = field(default_factory=Ratio)
    gain: Ratio = field(default_factory=Ratio)
    """Hits beyond those of the TTL in force, among the same requests."""
    fetches: int = 0
    worst_ms: int = 0
    """The age of the oldest answer from the cache."""
    _answers: Floats = field(default_factory=lambda: np.zeros(BINS))
    _ages: Floats = field(default_factory=lambda: np.zeros(BINS))

    def add_ages(self, age_ms: Ints) -> None:
        """Count answers from the cache by their ages."""
        self.worst_ms = max(self.worst_ms, int(age_ms.max(initial=0)))
        bins = np.minimum(BINS - 1, np.log(np.maximum(1, age_ms), dtype=np.float32) * BINS_A_FOLD).astype(np.int64)
        self._answers += np.bincount(bins, minlength=BINS)
        self._ages += np.bincount(bins, weights=age_ms / 1000.0, minlength=BINS)

    def mean_stale_seconds(self, change_seconds: float | None) -> float:
        """How long answers from the cache had been out of date on average.

        Changes come at random, so many seconds apart on average: of an answer of age a, they have on average been
        a - c (1 - exp(-a/c)) seconds ago. Where nothing is known of changes, an answer counts as out of date from the
        moment that it was fetched, which is the most.
        """
        answers = float(self._answers.sum())
        if not answers:
            return 0.0
        if change_seconds is None:
            return float(self._ages.sum() / answers)
        filled = self._answers > 0
        ages = self._ages[filled] / self._answers[filled]
        behind = ages + change_seconds * np.expm1(-ages / change_seconds)
        return float((behind * self._answers[filled]).sum() / answers)
