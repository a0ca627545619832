"""Measure the blog beside the goals: `python -m tests.bench.web`, a part of `make bench`.

Real Valkey and PostgreSQL behind TLS; the blog's handler gets events as the load balancer sends them. Times depend on
the machine: compare within one run, with nothing else busy.
"""

import os
import platform
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from local.servers.postgres import Postgres
from local.servers.valkey import Valkey
from tests.bench.__main__ import DATE, goal, say
from tests.bench.measure import starts
from tests.bench.simultaneous import PROCESSES, queries_for
from tests.bench.web_child import Cost, Outage, Pace, environment, run
from tests.blog_servers import ACCESS

STARTS = {"the handler": "import blog.handler", "flask, redis, psycopg": "import flask, redis, psycopg"}
WAYS = ("ours", "textbook")

MOST_TIMES_A_GET = 1.5
SIMULTANEOUS = 1000
UNAVAILABLE = 503


def main() -> None:
    """Measure everything and print it as it comes."""
    say(f"\nthe blog, {DATE}, {os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}")
    with _servers() as (valkey, postgres):
        say(f"\n{'import, medians':<28}{'ms':>10}")
        for name, start in starts(environment(valkey, postgres), STARTS).items():
            say(f"  {name:<26}{start.ms:>10.0f}")
        say(f"\n{'the post page, one at a time':<28}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}")
        for name, pace in run("pages", dict[str, Pace], valkey, postgres).items():
            say(f"  {name:<26}{pace.per_second:>12.0f}{pace.p50_ms:>10.2f}{pace.p99_ms:>10.2f}")
        costs = run("hit", dict[str, Cost], valkey, postgres)
        say(f"\n{'a hit beside a bare GET':<28}{'GET us':>12}{'hit us':>10}{'times':>10}")
        for name, cost in costs.items():
            say(f"  {name:<26}{cost.get_us:>12.0f}{cost.hit_us:>10.0f}{cost.times:>10.2f}")
        say(f"\n{f'{SIMULTANEOUS:,} readers, {PROCESSES} processes':<28}{'queries':>12}")
        asked = {way: queries_for(way, valkey, postgres, readers=SIMULTANEOUS) for way in WAYS}
        for way, queries in asked.items():
            say(f"  {way:<26}{queries:>12,}")
        valkey.stop()
        outage = run("outage", Outage, valkey, postgres)
    _goals(costs, asked, outage)


@contextmanager
def _servers() -> Generator[tuple[Valkey, Postgres]]:
    with ExitStack() as ends:
        folder = Path(ends.enter_context(TemporaryDirectory()))
        valkey = Valkey.start(folder / "valkey")
        ends.callback(valkey.close)
        postgres = Postgres.start(folder / "postgres")
        ends.callback(postgres.close)
        valkey.set_user("blog", ACCESS)
        postgres.create_cluster(master="edgepost", database="blog")
        yield valkey, postgres


def _goals(costs: Mapping[str, Cost], asked: Mapping[str, int], outage: Outage) -> None:
    say("\ngoals")
    for name, cost in costs.items():
        met = cost.times <= MOST_TIMES_A_GET
        goal(f"a hit beside a bare GET {name}", f"{cost.times:.2f} x", f"<= {MOST_TIMES_A_GET} x", met=met)
    goal(f"queries for {SIMULTANEOUS:,} readers of a cold key", str(asked["ours"]), "1", met=asked["ours"] == 1)
    failed = f"of {outage.requests} requests without Redis, failed"
    goal(failed, str(outage.failed), "0", met=outage.failed == 0)
    goal("a signed-in page without Redis", str(outage.signed_in), "503", met=outage.signed_in == UNAVAILABLE)
    after = outage.retry_after
    goal("its Retry-After", f"{after} s", "is there", met=after.isdecimal())


if __name__ == "__main__":
    main()
