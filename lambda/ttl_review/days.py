"""The days of a review, and its SQL for them: a file for each query, which runs in Athena's console as it is."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ttl_review.model import Period

FOLDER = Path(__file__).parent / "queries"
_DAYS = re.compile(r"(?<=WHERE )[^\n]* -- the days$", re.MULTILINE)
# "Some or all log file entries for a time period can sometimes be delayed by up to 24 hours" ("Standard logging
# reference", Timing of log file delivery).
_LATEST = timedelta(hours=24)


def query(name: str, period: Period) -> str:
    """Return the text of a query for these days."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return _DAYS.sub(pruned(period), text)


def pruned(period: Period) -> str:
    """Return the condition for these days, of partition keys alone.

    Athena makes the partitions to look at from each key's own condition ("Use partition projection with Amazon
    Athena"), so each has one; together they would let in the days of one month in another, which the last one forbids.
    """
    days = list(_each(period))
    months, numbers = sorted({day.month for day in days}), sorted({day.day for day in days})
    first, last = (day.year * 10_000 + day.month * 100 + day.day for day in (period.first, period.last))
    return (
        f"year BETWEEN {period.first.year} AND {period.last.year} AND month IN {_listed(months)}"
        f" AND day IN {_listed(numbers)} AND year * 10000 + month * 100 + day BETWEEN {first} AND {last}"
    )


def closed(now: datetime, *, days: int) -> Period:
    """Return the last so many days whose entries have all been delivered."""
    last = (now.astimezone(UTC) - _LATEST).date() - timedelta(days=1)
    return Period(first=last - timedelta(days=days - 1), last=last)


def _each(period: Period) -> Iterator[date]:
    day = period.first
    while day <= period.last:
        yield day
        day += timedelta(days=1)


def _listed(numbers: list[int]) -> str:
    return f"({', '.join(map(str, numbers))})"
