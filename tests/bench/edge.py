"""Measure the edge: the shipped TTL policies beside CloudFront's own and the limit, and how fast the local edge is.

The trace is the same in every run and knows no clock: its figures depend on policies and rules alone. The times of the
local edge depend on the machine: compare within one run, with nothing else busy.
"""

import os
import platform
from collections.abc import Mapping, Sequence
from statistics import mean

from stacks.ttl import EVERY, TtlPolicy, policies_by_path
from tests.bench.__main__ import DATE, goal, say
from tests.bench.edge_hits import hits, warm_edge
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
from ttl_review.cache_key import KeyPolicy
from ttl_review.freshness import Ttl

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
CLIENTS = (1, 8, 32)
# What the blog's s-maxage=60 and stale-while-revalidate=30 allow.
MOST_SECONDS_OUT_OF_DATE = 90


def main() -> None:
    """Replay the trace under each policy and print what came of it."""
    requests = trace()
    limit = least(requests)
    say(f"\nthe edge, {DATE}, {os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}")
    say(
        f"\none edge location, {REQUESTS:,} requests for {OBJECTS:,} objects, Zipf({EXPONENT}), Poisson over"
        f" {PERIOD_SECONDS / 3600:.0f} h; pages change every {PAGE_CHANGE_SECONDS / 3600:.0f} h on average\nobjects: "
        + ", ".join(f"{kind.share:.0%} {kind.name}" for kind in KINDS)
    )
    say(
        f"\n{'':<20}{'hits':>7}{'origin requests':>18}{'beside the limit':>18}"
        f"{'out of date':>13}{'mean s':>8}{'max s':>8}{'to strangers':>14}"
    )
    say(f"  {'the limit':<18}{1 - limit / REQUESTS:>7.1%}{limit:>18,}{'1.00 x':>18}")
    done = {OURS: replay(requests, _shipped())}
    done |= {name: replay(requests, [behavior]) for name, behavior in MANAGED.items()}
    for name, tallies in done.items():
        _row(name, list(tallies.values()), limit)
    say("\nthese policies, by kind")
    for name, tally in done[OURS].items():
        _row(f"{name}, {tally.requests / REQUESTS:.0%}", [tally], None)
    with warm_edge() as (cloud, domain):
        say(f"\n{'the local edge, hits':<24}{'hits/s':>10}{'p50 ms':>10}{'p99 ms':>10}")
        for clients in CLIENTS:
            got = hits(cloud, domain, clients=clients)
            say(f"  {f'{clients} kept-alive':<22}{got.per_second:>10,.0f}{got.p50_ms:>10.2f}{got.p99_ms:>10.2f}")
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
    say(
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
    say("\ngoals")
    goal(f"hits beside {OPTIMIZED}", f"{times:.2f} x", ">= 1 x", met=times >= 1)
    goal(
        "longest out of date",
        f"{longest:.1f} s",
        f"<= {MOST_SECONDS_OUT_OF_DATE} s",
        met=longest <= MOST_SECONDS_OUT_OF_DATE,
    )
    goal("private answers to strangers", f"{strangers}", "0", met=strangers == 0)


if __name__ == "__main__":
    main()
