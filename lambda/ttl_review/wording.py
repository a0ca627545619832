"""Figures, times and days as people read them, and text of strangers made fit to be shown; the same everywhere."""

import math
import re
from collections.abc import Sequence
from datetime import date

from ttl_review.model import Period

GAP = "\u00a0"
"""Between a number and its unit, which stay on one line."""
UNKNOWN = "unknown"
NOTHING = "–"
CUT = "…"

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86_400, 31_536_000
# From the largest; a time is told in the first that it has at least one of.
_TIMES = ((YEAR, "year"), (DAY, "day"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))
_PLURALS = {"year": "years", "day": "days"}
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_CENT = 0.01
_FEW = 10
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# Mail programs make links of what begins so, whether it was meant as one or not.
_LINK = re.compile(r"(?i)(?:(?<=http)|(?<=https)|(?<=ftp)):(?=//)|(?<=www)\.|(?<=mailto):|@")


def number(value: float) -> str:
    """12,345."""
    return f"{value:,.0f}" if math.isfinite(value) else UNKNOWN


def counted(value: int, one: str, several: str = "") -> str:
    """1 request, 2 requests."""
    return f"{number(value)}{GAP}{one if value == 1 else several or one + 's'}"


def percent(ratio: float) -> str:
    """87.5 %."""
    return f"{_tenths(ratio * 100)}{GAP}%" if math.isfinite(ratio) else UNKNOWN


def percent_of(ratio: float) -> str:
    """87 %, of a round ratio."""
    return f"{ratio * 100:.0f}{GAP}%"


def points(gain: float) -> str:
    """+3.5 points, of percentages."""
    return f"{_signed(gain)}{GAP}points" if math.isfinite(gain) else UNKNOWN


def span(low: float, high: float) -> str:
    """An interval of ratios: 86.1 to 88.2 %."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return f"{_tenths(low * 100)}{GAP}to{GAP}{_tenths(high * 100)}{GAP}%"


def span_of_points(low: float, high: float) -> str:
    """An interval of gains: +3.1 to +3.9 points."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return f"{_signed(low)}{GAP}to{GAP}{_signed(high)}{GAP}points"


def duration(seconds: float | None) -> str:
    """45 s, 1.5 h, 30 days; None: unknown."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    for length, unit in _TIMES:
        amount = _short(seconds / length)
        if float(amount.replace(",", "")) >= 1:
            return f"{amount}{GAP}{unit if amount == '1' else _PLURALS.get(unit, unit)}"
    return f"{_short(seconds)}{GAP}s"


def size(amount: int) -> str:
    """1.2 MB, decimal."""
    scaled, unit = float(amount), 0
    while abs(scaled) >= _STEP and unit < len(_SIZES) - 1:
        scaled /= _STEP
        unit += 1
    return f"{number(scaled) if unit == 0 else _short(scaled)}{GAP}{_SIZES[unit]}"


def dollars(amount: float) -> str:
    """$0.01, with as many digits as it takes to be more than nothing."""
    if not math.isfinite(amount):
        return UNKNOWN
    if amount == 0:
        return "nothing"
    return f"${amount:,.2f}" if amount >= _CENT else f"${amount:.6f}".rstrip("0").rstrip(".")


def days(period: Period) -> str:
    """16 to 22 November 2026."""
    first, last = period.first, period.last
    if first == last:
        return _day(last)
    if first.year != last.year:
        return f"{_day(first)} to {_day(last)}"
    month = "" if first.month == last.month else f" {_MONTHS[first.month - 1]}"
    return f"{first.day}{month} to {_day(last)}"


def listed(words: Sequence[str]) -> str:
    """A, b and c."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def fit(text: str, most: int) -> str:
    """Text of strangers on one line: nothing that cannot be seen or turns the line around, cut in its middle."""
    if not text.strip():
        return NOTHING
    line = "".join(_visible(character) for character in text[: most * 2])
    if len(text) <= most * 2 and len(line) <= most:
        return line
    # The end of an address tells as much as its beginning. What is left of a very long text is its beginning alone.
    tail = most // 3 if len(text) <= most * 2 else 0
    return f"{line[: most - tail - 1]}{CUT}{line[len(line) - tail :]}"


def sentence(text: str) -> str:
    """A reason that stands alone: with a capital, and a full stop."""
    end = "" if text.endswith((".", "!", "?", CUT)) else "."
    return f"{text[:1].upper()}{text[1:]}{end}" if text.strip() else text


def unlinked(text: str, *, before: str = "[", after: str = "]") -> str:
    """Text that no mail program makes a link of, since there is something around what would make it one."""
    return _LINK.sub(lambda found: f"{before}{found.group()}{after}", text)


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return character if character.isprintable() else "�"


def _tenths(value: float) -> str:
    text = f"{value:.1f}"
    if text == "0.0" and value > 0:
        return "<0.1"
    # Not all is a hundred: 99.96 % is no 100.0 %.
    return "99.9" if text == "100.0" and value < 100 else text  # noqa: PLR2004


def _signed(gain: float) -> str:
    text = f"{gain * 100:+.1f}"
    return "0.0" if text in {"+0.0", "-0.0"} else text.replace("-", "−")


def _short(value: float) -> str:
    """At most one decimal, and none where there are two digits before it."""
    text = f"{value:,.1f}" if abs(value) < _FEW else f"{value:,.0f}"
    return text.removesuffix(".0")


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
