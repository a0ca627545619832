"""Popular objects, as CloudFront's console shows them: by path, and by behaviour."""

from collections.abc import Iterable, Iterator, Sequence

from ttl_review.days import query
from ttl_review.engine import Engine
from ttl_review.model import BrokenLine, Counts, Period, Policy, Popular
from ttl_review.path_patterns import matches

LONGEST_PATH = 500
"""Characters of an address that the report shows, the last ones ("View CloudFront popular objects reports")."""
NOTHING = Counts(**dict.fromkeys(Counts.__struct_fields__, 0))


class Behaviours:
    """Which behaviour a path falls to, of those in order."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = policies

    def of(self, path: str) -> Policy:
        """Return the first whose pattern is for the path; the default one, which is the last, is for all."""
        return next((policy for policy in self._policies if matches(policy.pattern, path)), self._policies[-1])


class Tally:
    """All paths of a period: the most popular ones, and each behaviour as a whole."""

    def __init__(self, policies: Sequence[Policy], *, top: int) -> None:
        self._behaviours = Behaviours(policies)
        self._top = top
        self._most: list[Popular] = []
        self._by_pattern = dict.fromkeys((policy.pattern for policy in policies), NOTHING)

    def add(self, path: str, counts: Counts) -> Popular:
        """Count one path, which comes once, in the order of `objects`."""
        pattern = self._behaviours.of(path).pattern
        popular = Popular(path=path, pattern=pattern, counts=counts)
        self._by_pattern[pattern] = added(self._by_pattern[pattern], counts)
        if len(self._most) < self._top:
            self._most.append(popular)
        return popular

    @property
    def popular(self) -> tuple[Popular, ...]:
        """The most popular paths, the most requests first."""
        return tuple(self._most)

    @property
    def behaviours(self) -> tuple[Popular, ...]:
        """Each behaviour as a whole, in the order in which CloudFront tries them."""
        return tuple(Popular(path="", pattern=pattern, counts=counts) for pattern, counts in self._by_pattern.items())


def objects(engine: Engine, period: Period) -> Iterator[tuple[str, Counts]]:
    """Yield every path that was asked for with its counts, the most requests first."""
    names = Counts.__struct_fields__
    for columns in engine.batches(query("popular", period)):
        values = zip(*(columns[name].tolist() for name in names), strict=True)
        for path, counts in zip(columns["path"].tolist(), values, strict=True):
            yield path, Counts(**dict(zip(names, counts, strict=True)))


def added(one: Counts, other: Counts) -> Counts:
    """Return the sum of both."""
    return Counts(**{name: getattr(one, name) + getattr(other, name) for name in Counts.__struct_fields__})


def lines(engine: Engine, period: Period) -> tuple[int, int]:
    """Return how many lines there are, and how many of these are broken."""
    [(read, broken)] = engine.rows(query("lines", period))
    unreadable = engine.unreadable.lines
    return read + unreadable, broken + unreadable


def broken_examples(engine: Engine, period: Period) -> tuple[BrokenLine, ...]:
    """Name some broken lines: those that are in a table by their hour and request, since it has no line numbers."""
    rows = engine.rows(query("broken", period))
    return (*engine.unreadable.examples, *(_broken(row) for row in rows))


def _broken(row: Iterable[object]) -> BrokenLine:
    year, month, day, hour, request_id, path, status, at_ms = row
    file = f"year={year:04}/month={month:02}/day={day:02}/hour={hour:02}"
    return BrokenLine(file=file, line=0, reason=f"path {path!r}, status {status!r}, time {at_ms!r} in {request_id!r}")
