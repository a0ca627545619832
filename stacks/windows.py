"""The hours in which AWS may take a backup (each day) or change a server (each week), in UTC."""

import re
from collections.abc import Iterator

DAY = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_WEEKDAY = f"({'|'.join(DAYS)})"
DAILY = re.compile(f"{_TIME}-{_TIME}")
WEEKLY = re.compile(f"{_WEEKDAY}:{_TIME}-{_WEEKDAY}:{_TIME}")


def window_problems(*, daily: tuple[str, str], weekly: tuple[str, str], least_minutes: int) -> Iterator[str]:
    """Yield what is wrong with two windows, each a setting and its value: their form, their length, their overlap."""
    daily_minutes, weekly_minutes = _minutes_of_day(daily[1]), _minutes_of_week(weekly[1])
    for (setting, window), minutes, form in (
        (daily, daily_minutes, "hh:mm-hh:mm"),
        (weekly, weekly_minutes, "ddd:hh:mm-ddd:hh:mm"),
    ):
        if len(minutes) < least_minutes:
            yield f"{setting} {window!r} is not {form} of {least_minutes} minutes or more; set {setting}"
    if any(minute % DAY in daily_minutes for minute in weekly_minutes):
        yield f"{daily[0]} {daily[1]!r} overlaps {weekly[0]} {weekly[1]!r}; set {daily[0]}"


def _minutes_of_day(window: str) -> set[int]:
    """List the minutes since midnight that a daily window covers; none where it is no such window."""
    if not (match := DAILY.fullmatch(window)):
        return set()
    hour, minute, end_hour, end_minute = map(int, match.groups())
    return _span(60 * hour + minute, 60 * end_hour + end_minute, period=DAY)


def _minutes_of_week(window: str) -> set[int]:
    """List the minutes since Monday that a weekly window covers; none where it is no such window."""
    if not (match := WEEKLY.fullmatch(window)):
        return set()
    day, hour, minute, end_day, end_hour, end_minute = match.groups()
    start = DAY * DAYS.index(day) + 60 * int(hour) + int(minute)
    end = DAY * DAYS.index(end_day) + 60 * int(end_hour) + int(end_minute)
    return _span(start, end, period=7 * DAY)


def _span(start: int, end: int, *, period: int) -> set[int]:
    return {(start + passed) % period for passed in range((end - start) % period)}
