"""Make the log sample of `make ttl-check` anew: `python -m operate.ttl_sample` writes docs/ttl-check/sample.parquet.

Nobody's requests: two days of made-up readers at two edge locations, the same at every run, with the results that
an edge would have logged that keeps answers by the policies of stacks/ttl.py at the time. A check asks what these
requests would make of other policies, so the sample need not be made anew when the policies change.
"""

import math
import random
import tempfile
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import duckdb

from blog.headers import ASSET, IMAGE, MISSING, PAGE, PRIVATE
from operate.command import say
from stacks.ttl import DAY, EVERY, YEAR, TtlPolicy, policies_by_path
from ttl_review.cache_key import CacheKey, KeyPolicy, cache_key
from ttl_review.freshness import Ttl, Verdict, judge
from ttl_review.path_patterns import matches

FILE = Path(__file__).resolve().parent.parent / "docs" / "ttl-check" / "sample.parquet"
SEED = 20_261_120
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = 2
REQUESTS = 30_000
LOCATIONS = {"NRT57-P2": 0.7, "FRA56-P1": 0.3}
"""Each with its share of the requests."""
EXPONENT = 1.0
"""Of Zipf's law, which popularity follows."""
CAMPAIGNS = 40
NEVER = 100 * YEAR
CHANGES = {"/assets/*": NEVER, "/images/*": NEVER, "*": DAY}
"""Seconds between two changes of an object, by path pattern."""
COLUMNS = ("date", "time", "x_edge_location", "sc_bytes", "cs_method", "cs_uri_stem", "sc_status", "cs_uri_query")
RESULTS = ("x_edge_result_type", "x_edge_response_result_type")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of content."""

    path: str
    count: int
    share: float
    """Of the requests."""
    cache_control: str
    size: int
    change_seconds: float = math.inf
    """Between changes, on average; they come at random."""
    status: int = 200
    queries: tuple[str, ...] = ("-",)


KINDS = (
    Kind(path="/assets/{:08x}.css", count=6, share=0.30, cache_control=ASSET, size=9_000),
    Kind(path="/images/{}", count=120, share=0.20, cache_control=IMAGE, size=90_000),
    Kind(
        path="/",
        count=1,
        share=0.20,
        cache_control=PAGE,
        size=7_000,
        change_seconds=DAY / 3,
        queries=("-", "-", "-", "page=2", *(f"utm_source={number}" for number in range(CAMPAIGNS))),
    ),
    Kind(path="/posts/{}", count=40, share=0.24, cache_control=PAGE, size=12_000, change_seconds=4 * DAY),
    Kind(path="/old/{}.php", count=40, share=0.02, cache_control=MISSING, size=1_500, status=404),
    Kind(path="/contact", count=1, share=0.04, cache_control=PRIVATE, size=3_000),
)


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One object, and when it changes."""

    kind: Kind
    path: str
    changes: tuple[float, ...]

    def version(self, at: float) -> int:
        """Count the changes so far."""
        return bisect(self.changes, at)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An answer at an edge location."""

    since: float
    version: int
    verdict: Verdict


@dataclass
class Edge:
    """Edge locations that never run full, before an origin that answers at once."""

    _kept: dict[tuple[str, CacheKey], Kept] = field(default_factory=dict[tuple[str, CacheKey], Kept])
    _policies: dict[str, TtlPolicy] = field(default_factory=policies_by_path)

    def result(self, thing: Thing, query: str, location: str, at: float) -> str:
        """Answer a request and say how, in the words of the log."""
        policy = next(policy for pattern, policy in self._policies.items() if matches(pattern, thing.path))
        key = location, cache_key(method="GET", host="", path=thing.path, query=query, headers={}, policy=_key(policy))
        old = self._kept.get(key)
        overdue = at - old.since - old.verdict.fresh_seconds if old else math.inf
        if overdue >= 0:
            self._fetch(key, thing, policy, at)
        if thing.kind.status >= 400:  # noqa: PLR2004
            return "Error"
        if old is None or not old.verdict.stored:
            return "Miss"
        if overdue < old.verdict.stale_while_revalidate or overdue < 0:
            return "Hit"
        return "RefreshHit" if old.version == thing.version(at) else "Miss"

    def _fetch(self, key: tuple[str, CacheKey], thing: Thing, policy: TtlPolicy, at: float) -> None:
        ttl = Ttl(
            min_seconds=policy.min_seconds, default_seconds=policy.default_seconds, max_seconds=policy.max_seconds
        )
        headers = {"cache-control": thing.kind.cache_control}
        verdict = judge(status=thing.kind.status, headers=headers, ttl=ttl, now=at)
        self._kept[key] = Kept(since=at, version=thing.version(at), verdict=verdict)


def _key(policy: TtlPolicy) -> KeyPolicy:
    names = None if policy.query_strings == EVERY else frozenset(policy.query_strings)
    return KeyPolicy(headers=frozenset(), cookies=frozenset(), query_strings=names, encodings=frozenset())


def rows() -> Iterator[tuple[str, ...]]:
    """Yield the requests in order of time, as the log has them."""
    chance = random.Random(SEED)  # noqa: S311 (the same at every run)
    by_kind = {kind: list(_things(kind, chance)) for kind in KINDS}
    ranks = {kind: list(accumulate(1 / rank**EXPONENT for rank in range(1, kind.count + 1))) for kind in KINDS}
    edge = Edge()
    for at in sorted(_moment(chance) for _ in range(REQUESTS)):
        (kind,) = chance.choices(KINDS, [one.share for one in KINDS])
        (thing,) = chance.choices(by_kind[kind], cum_weights=ranks[kind])
        (location,) = chance.choices([*LOCATIONS], [*LOCATIONS.values()])
        query = chance.choice(kind.queries)
        moment = datetime.fromtimestamp(BEGIN.timestamp() + at, tz=UTC)
        result = edge.result(thing, query.strip("-"), location, at)
        about = (location, str(kind.size), "GET", thing.path, str(kind.status), query)
        yield (f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}", *about, result, result)


def _things(kind: Kind, chance: random.Random) -> Iterator[Thing]:
    for number in range(1, kind.count + 1):
        gaps = accumulate(chance.expovariate(1 / kind.change_seconds) for _ in range(DAYS * 24))
        changes = () if math.isinf(kind.change_seconds) else tuple(gap for gap in gaps if gap < DAYS * DAY)
        yield Thing(kind=kind, path=kind.path.format(number), changes=changes)


def _moment(chance: random.Random) -> float:
    """Return a moment at random, at night a fifth as likely as by day."""
    while True:
        at = chance.uniform(0, DAYS * DAY)
        if chance.uniform(0, 1) < 0.6 - 0.4 * math.cos(2 * math.pi * at / DAY):
            return at


def write(file: Path) -> None:
    """Write the sample as Parquet, every column a string."""
    names = (*COLUMNS, *RESULTS)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        lines = Path(folder) / "rows.tsv"
        lines.write_text("".join("\t".join(row) + "\n" for row in rows()))
        found = database.read_csv(str(lines), names=[*names], header=False, delimiter="\t", all_varchar=True)
        found.write_parquet(str(file), compression="zstd")


def main() -> None:
    """Write the sample where it is kept."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    write(FILE)
    say("written", f"{FILE} ({FILE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
