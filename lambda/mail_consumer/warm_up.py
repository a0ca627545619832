"""The warm-up of a sender that mailbox providers do not know yet: so many recipients a day, and more each day.

Days are those of UTC. Why: "Warming up dedicated IP addresses (standard)" (Amazon SES developer guide); a new domain is
met with the same reserve.
"""

from datetime import UTC, date, datetime

from msgspec import Struct

UNLIMITED = 10**12
"""Recipients a day that no account has."""


class WarmUp(Struct, frozen=True, kw_only=True):
    """The ceiling of each day."""

    start: date
    first_day: int
    """Recipients until the end of the day of `start`."""
    growth: float
    """What each day's ceiling is of the one before; 1.5 is half as much again."""

    def ceiling(self, day: date) -> int:
        """How many recipients a day may have."""
        # So many days end every warm-up, and no power of a growth that settings allow is too large for a float.
        days = min(max(0, (day - self.start).days), 400)
        return int(min(UNLIMITED, self.first_day * self.growth**days))


def day_of(epoch_seconds: float) -> date:
    """The day of a moment."""
    return datetime.fromtimestamp(epoch_seconds, UTC).date()
