"""Settings that only get worse in one direction, as data: what they are and when one is worse than before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.values import Path, at, listed, number, on

Worse = Callable[[Any, Any], bool]
"""Whether a value is worse than what it was; None is what is not there."""


@dataclass(frozen=True)
class Setting:
    """One property of a type and the risk that there is when it gets worse."""

    rule: str
    severity: Severity
    kind: str
    path: Path
    worse: Worse
    title: str

    def check(self, pair: Pair) -> Iterator[Finding]:
        """Yield a finding if the setting is worse than before."""
        before, after = at(pair.old, *self.path), at(pair.new, *self.path)
        if before != after and self.worse(before, after):
            yield pair.finding(self.rule, self.severity, self.title, before, after)


def weakened(comparison: Comparison, settings: Iterable[Setting]) -> Iterator[Finding]:
    """Yield what is worse than before, of resources that are on both sides."""
    by_kind: dict[str, list[Setting]] = {}
    for setting in settings:
        by_kind.setdefault(setting.kind, []).append(setting)
    for pair in comparison.of(*by_kind):
        if pair.stays:
            for setting in by_kind[pair.kind]:
                yield from setting.check(pair)


def off(*, default: bool = False) -> Worse:
    """Worse: a switch that was on is off."""
    return lambda before, after: (
        on(default if before is None else before) and not on(default if after is None else after)
    )


def turned_on(*, default: bool = False) -> Worse:
    """Worse: a switch that was off is on."""
    turned_off = off(default=default)
    return lambda before, after: turned_off(after, before)


def dropped(before: object, after: object) -> bool:
    """Worse: what was there is not, or is empty."""
    return before not in (None, [], {}) and after in (None, [], {})


def lowered(default: float | None = None) -> Worse:
    """Worse: a number is lower; one that is not there is the default, or unbounded where there is none."""

    def worse(before: object, after: object) -> bool:
        old, new = (_known(value, default) for value in (before, after))
        return old is not None and new is not None and new < old

    return worse


def left(*good: object) -> Worse:
    """Worse: it was one of the good values, and is none of them."""
    return lambda before, after: before in good and after not in good


def down(order: Sequence[Any], default: object = None) -> Worse:
    """Worse: it comes earlier in an order, best last; what the order does not know is not judged."""

    def worse(before: object, after: object) -> bool:
        old, new = (default if value is None else value for value in (before, after))
        return old in order and new in order and order.index(new) < order.index(old)

    return worse


def fewer(before: object, after: object) -> bool:
    """Worse: a list has lost something."""
    return any(item not in listed(after) for item in listed(before))


def _known(value: object, default: float | None) -> float | None:
    """A number as it counts; one that is known at deployment only does not."""
    if value is None:
        return float("inf") if default is None else default
    return number(value)
