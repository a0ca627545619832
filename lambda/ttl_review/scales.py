"""Where values stand on the axes of a picture, and which ones are named there."""

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct

from ttl_review.wording import DAY, HOUR, MINUTE, YEAR

TTLS = (0, 1, 10, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, YEAR, 10 * YEAR)
"""Those that may be named below the axis."""
NIL = 0.15
"""Of the axis: where 0, which has no logarithm, stands before the shortest time."""
# Steps of an axis of times: each is a number of some unit that people count in.
_STEPS = tuple(
    count * unit
    for unit, counts in (
        (1, (1, 2, 5, 10, 20, 30)),
        (MINUTE, (1, 2, 5, 10, 20, 30)),
        (HOUR, (1, 2, 3, 6, 12)),
        (DAY, (1, 2, 5, 10, 20, 50, 100, 200)),
        (YEAR, (1, 2, 5, 10, 20, 50, 100)),
    )
    for count in counts
)
_RATIO_STEPS = (0.02, 0.05, 0.1, 0.2, 0.25)
_MOST_STEPS = 5
_NARROWEST = 0.1
"""Part of 0 to 1 that an axis of ratios shows at least, lest noise looks like news."""


class TtlScale(Struct, frozen=True):
    """TTLs from left to right by their logarithm, from 0 to 1."""

    shortest: float
    longest: float
    with_nil: bool

    @classmethod
    def over(cls, ttls: Iterable[int]) -> "TtlScale":
        """Return one that has room for all of these."""
        known = list(ttls)
        real = [ttl for ttl in known if ttl > 0] or [1]
        return cls(math.log10(min(real)), math.log10(max(real)), min(known) <= 0)

    def place(self, ttl: int) -> float:
        """Return where a TTL stands."""
        if ttl <= 0:
            return 0.0
        first = NIL if self.with_nil else 0.0
        width = self.longest - self.shortest
        return first + (1 - first) * ((math.log10(ttl) - self.shortest) / width if width else 0.5)

    def named(self) -> list[int]:
        """Return the TTLs to name."""
        return [ttl for ttl in TTLS if (self.with_nil if ttl == 0 else 0 <= self.place(ttl) <= 1)]


def ratio_ticks(ratios: Iterable[float]) -> list[float]:
    """Return round ratios, evenly apart, from below all of these to above them."""
    known = [min(max(ratio, 0.0), 1.0) for ratio in ratios]
    low, high = min(known), max(known)
    missing = max(0.0, _NARROWEST - (high - low)) / 2
    low, high = max(0.0, low - missing), min(1.0, high + missing)
    for step in _RATIO_STEPS:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= _MOST_STEPS:
            return [step * count for count in range(first, last + 1)]
    return [0.0, 0.25, 0.5, 0.75, 1.0]


def time_ticks(longest: float, *, most: int = 3) -> Sequence[float]:
    """Return round times, evenly apart, from 0 to at least this one."""
    step = next((step for step in _STEPS if step * most >= longest), longest / most)
    return [step * count for count in range(max(math.ceil(longest / step - 1e-9), 1) + 1)]
