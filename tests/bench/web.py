"""Measure the blog beside the goals: `python -m tests.bench.web`, a part of `make bench`.

Real Valkey and PostgreSQL behind TLS; the blog's handler gets events as the load balancer sends them. Times depend on
the machine: compare within one run, with nothing else busy.
"""

import json
import os
import platform
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from local.servers.postgres import Postgres
from local.servers.valkey import Valkey
from tests.bench.__main__ import DATE, goal, say
from tests.bench.simultaneous import queries_for
from tests.bench.web_child import run
from tests.blog_servers import ACCESS

MOST_TIMES_A_GET = 1.5
SIMULTANEOUS = 1000


def main() -> None:
    """Measure everything and print it as it comes."""
    say(f"\nthe blog, {DATE}, {os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}")
    with ExitStack() as ends:
        folder = Path(ends.enter_context(TemporaryDirectory()))
        valkey, postgres = Valkey.start(folder / "valkey"), Postgres.start(folder / "postgres")
        ends.callback(postgres.close)
        ends.callback(valkey.close)
        valkey.set_user("blog", ACCESS)
        postgres.create_cluster(master="edgepost", database="blog")
        pages = run("pages", valkey, postgres)
        say(f"\n{'the post page, one at a time':<28}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}")
        for name, figures in pages.items():
            say(f"  {name:<26}{figures['per_second']:>12.0f}{figures['p50_ms']:>10.2f}{figures['p99_ms']:>10.2f}")
        costs = run("hit", valkey, postgres)
        say(f"\n{'a hit beside a bare GET':<28}{'GET us':>12}{'hit us':>10}{'times':>10}")
        for name, figures in costs.items():
            times = figures["hit_us"] / figures["get_us"]
            say(f"  {name:<26}{figures['get_us']:>12.0f}{figures['hit_us']:>10.0f}{times:>10.2f}")
        asked = {way: queries_for(way, valkey, postgres, readers=SIMULTANEOUS) for way in ("ours", "textbook")}
        say(f"\nqueries for {SIMULTANEOUS:,} simultaneous readers of a cold key: {json.dumps(asked)}")
        valkey.stop()
        outage = run("outage", valkey, postgres)
        valkey.resume()
        say(f"with Redis down: {json.dumps(outage)}")
    say("\ngoals")
    most = max(figures["hit_us"] / figures["get_us"] for figures in costs.values())
    goal(
        "a hit beside a bare GET, the most of both",
        f"{most:.2f} x",
        f"<= {MOST_TIMES_A_GET} x",
        met=most <= MOST_TIMES_A_GET,
    )
    goal(f"queries for {SIMULTANEOUS:,} readers", str(asked["ours"]), "1", met=asked["ours"] == 1)
    goal("anonymous requests that fail without Redis", str(outage["failed"]), "0", met=outage["failed"] == 0)
    goal("a signed-in page without Redis", str(outage["signed_in"]), "503", met=outage["signed_in"] == 503)


if __name__ == "__main__":
    main()
    sys.exit()
