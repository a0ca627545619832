"""Measure, and print a table beside the goals: `make bench` (DATE, if set, stands in its first line).

A missed goal is told, it is no failure. Times depend on the machine: compare within one run, with nothing else busy.
"""

import os
import platform
import sys
import time

import boto3

from tests.bench.measure import Start, Work, environment, lean_cloud, starts, work
from tests.mail_world import World

OURS, ONE_BY_ONE, POWERTOOLS = "this consumer", "one by one", "Powertools BatchProcessor"
CONSUMERS = {OURS: "mail_consumer.handler", ONE_BY_ONE: "tests.bench.one_by_one", POWERTOOLS: "tests.bench.powertools"}
LATENCIES_MS = (0, 50)

HANDLER, BARE = "the handler", "boto3 and one sesv2 client"
STARTS = {
    HANDLER: "import mail_consumer.handler",
    BARE: "import boto3; boto3.client('sesv2')",
    POWERTOOLS: "import tests.bench.powertools",
}

DATE = os.environ.get("DATE") or time.strftime("%Y-%m-%d %H:%M")
LEAST_TIMES = 8
MOST_CPU_MS = 3
MOST_IMPORT_MS = 170
MOST_MB = 60


def main() -> None:
    """Measure everything and print it as it comes."""
    say(
        f"{DATE}, {os.cpu_count()} cores ({platform.machine()}),"
        f" load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, boto3 {boto3.__version__}"
    )
    with lean_cloud() as cloud:
        say(f"\n{'batches of ten, medians':<28}{'mails/s':>10}{'CPU ms a mail':>16}{'peak MB':>10}")
        done: dict[tuple[str, int], Work] = {}
        for latency in LATENCIES_MS:
            say(f"{latency} ms a send")
            for name, module in CONSUMERS.items():
                done[name, latency] = figures = work(cloud, module, latency_ms=latency)
                say(f"  {name:<26}{figures.mails_per_second:>10.1f}{figures.cpu_ms:>16.2f}{figures.peak_mb:>10.1f}")
        say(f"\n{'import, medians':<28}{'ms':>10}{'peak MB':>26}")
        started = starts(environment(World(cloud)), STARTS)
        for name, start in started.items():
            say(f"  {name:<26}{start.ms:>10.0f}{start.peak_mb:>26.1f}")
        say(f"  {'the handler beyond boto3':<26}{started[HANDLER].ms - started[BARE].ms:>10.0f}")
    _goals(done, started)


def _goals(done: dict[tuple[str, int], Work], started: dict[str, Start]) -> None:
    slow = max(LATENCIES_MS)
    say("\ngoals")
    for other in (ONE_BY_ONE, POWERTOOLS):
        times = done[OURS, slow].mails_per_second / done[other, slow].mails_per_second
        goal(f"mails/s at {slow} ms beside {other}", f"{times:.1f} x", f">= {LEAST_TIMES} x", met=times >= LEAST_TIMES)
    cpu_ms = max(done[OURS, latency].cpu_ms for latency in LATENCIES_MS)
    goal("CPU a mail, the most of both", f"{cpu_ms:.2f} ms", f"<= {MOST_CPU_MS} ms", met=cpu_ms <= MOST_CPU_MS)
    start = started[HANDLER]
    goal("import of the handler", f"{start.ms:.0f} ms", f"<= {MOST_IMPORT_MS} ms", met=start.ms <= MOST_IMPORT_MS)
    after = max(done[OURS, latency].peak_mb for latency in LATENCIES_MS)
    for when, peak in (("imported", start.peak_mb), ("after all batches", after)):
        goal(f"peak memory, {when}", f"{peak:.1f} MB", f"<= {MOST_MB} MB", met=peak <= MOST_MB)


def goal(what: str, figure: str, wanted: str, *, met: bool) -> None:
    """Print a goal beside what was measured."""
    say(f"  {what:<50}{figure:>9}  {wanted:<10}{'met' if met else 'missed'}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
