"""Measure how the shipped TTL policies do at one edge location, beside CloudFront's own policies and the limit.

The trace is the same in every run, and no time is measured: the figures depend on nothing but policies and rules.
"""

import sys
from collections.abc import Mapping, Sequence
from statistics import mean

from ttl_review.cache_key import KeyPolicy
from ttl_review.freshness import Ttl

from stacks.ttl import EVERY, TtlPolicy, policies_by_path
from tests.bench.edge_trace import (
    EXPONENT,
    KINDS,
    OBJECTS,
    PAGE_CHANGE_SECONDS,
    PERIOD_SECONDS,
    REQUESTS,
    Behavior,
    Tally,
    least,
    replay,
    trace,
)

BOTH = frozenset({"gzip", "br"})
NO_KEY = KeyPolicy(headers=frozenset(), cookies=frozenset(), query_strings=frozenset(), encodings=frozenset())
COMPRESSED = KeyPolicy(headers=frozenset(), cookies=frozenset(), query_strings=frozenset(), encodings=BOTH)

OURS, OPTIMIZED, DISABLED = "these policies", "CachingOptimized", "CachingDisabled"
# "Use managed cache policies", Amazon CloudFront Developer Guide.
MANAGED = {
    OPTIMIZED: Behavior(
        pattern="*", ttl=Ttl(min_seconds=1, default_seconds=86_400, max_seconds=31_536_000), key=COMPRESSED
    ),
    DISABLED: Behavior(pattern="*", ttl=Ttl(min_seconds=0, default_seconds=0, max_seconds=0), key=NO_KEY),
}
# What the blog's s-maxage=60 and stale-while-revalidate=30 allow.
MOST_SECONDS_OUT_OF_DATE = 90


def main() -> None:
    """Replay the trace under each policy and print what came of it."""
    requests = trace()
    limit = least(requests)
    _say(
        f"\none edge location, {REQUESTS:,} requests for {OBJECTS:,} objects, Zipf({EXPONENT}), Poisson over"
        f" {PERIOD_SECONDS / 3600:.0f} h; pages change every {PAGE_CHANGE_SECONDS / 3600:.0f} h on average\nobjects: "
        + ", ".join(f"{kind.share:.0%} {kind.name}" for kind in KINDS)
    )
    _say(
        f"\n{'':<20}{'hits':>7}{'origin requests':>18}{'beside the limit':>18}"
        f"{'out of date':>13}{'mean s':>8}{'max s':>8}{'to strangers':>14}"
    )
    _say(f"  {'the limit':<18}{1 - limit / REQUESTS:>7.1%}{limit:>18,}{'1.00 x':>18}")
    done = {OURS: replay(requests, _shipped())}
    done |= {name: replay(requests, [behavior]) for name, behavior in MANAGED.items()}
    for name, tallies in done.items():
        _row(name, list(tallies.values()), limit)
    _say("\nthese policies, by kind")
    for name, tally in done[OURS].items():
        _row(f"{name}, {tally.requests / REQUESTS:.0%}", [tally], None)
    _goals(done)


def _shipped() -> list[Behavior]:
    return [
        Behavior(pattern=pattern, ttl=_ttl(policy), key=_key(policy)) for pattern, policy in policies_by_path().items()
    ]


def _ttl(policy: TtlPolicy) -> Ttl:
    return Ttl(min_seconds=policy.min_seconds, default_seconds=policy.default_seconds, max_seconds=policy.max_seconds)


def _key(policy: TtlPolicy) -> KeyPolicy:
    return KeyPolicy(
        headers=frozenset(policy.headers),
        cookies=frozenset(policy.cookies),
        query_strings=None if policy.query_strings == EVERY else frozenset(policy.query_strings),
        encodings=BOTH if policy.keeps else frozenset(),
    )


def _row(name: str, tallies: Sequence[Tally], limit: int | None) -> None:
    requests, hits, origin_requests, strangers = (
        sum(getattr(tally, what) for tally in tallies) for what in ("requests", "hits", "origin_requests", "strangers")
    )
    seconds = _out_of_date(tallies)
    beside = f"{origin_requests / limit:.2f} x" if limit else ""
    _say(
        f"  {name:<18}{hits / requests:>7.1%}{origin_requests:>18,}{beside:>18}{len(seconds):>13,}"
        f"{mean(seconds or [0]):>8.1f}{max(seconds, default=0):>8.1f}{strangers:>14,}"
    )


def _hits(tallies: Sequence[Tally]) -> int:
    return sum(tally.hits for tally in tallies)


def _out_of_date(tallies: Sequence[Tally]) -> list[float]:
    return [seconds for tally in tallies for seconds in tally.out_of_date]


def _goals(done: Mapping[str, Mapping[str, Tally]]) -> None:
    ours = list(done[OURS].values())
    longest = max(_out_of_date(ours), default=0)
    strangers = sum(tally.strangers for tally in ours)
    times = _hits(ours) / _hits(list(done[OPTIMIZED].values()))
    _say("\ngoals")
    _goal(f"hits beside {OPTIMIZED}", f"{times:.2f} x", ">= 1 x", met=times >= 1)
    _goal(
        "longest out of date",
        f"{longest:.1f} s",
        f"<= {MOST_SECONDS_OUT_OF_DATE} s",
        met=longest <= MOST_SECONDS_OUT_OF_DATE,
    )
    _goal("private answers to strangers", f"{strangers}", "0", met=strangers == 0)


def _goal(what: str, figure: str, goal: str, *, met: bool) -> None:
    _say(f"  {what:<50}{figure:>9}  {goal:<10}{'met' if met else 'missed'}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
