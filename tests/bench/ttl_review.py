"""Measure the TTL review over files: lines a second and peak memory, of the popular objects and of the replay.

`python -m tests.bench.ttl_review [lines …]`; without a number a million and ten million. DuckDB makes up the logs, two
days of Zipf-like requests at four edge locations; each measurement runs in a process of its own.
"""

import json
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from msgspec.structs import replace

from stacks.config import STAGES
from tests.bench.__main__ import DATE, goal, say
from tests.bench.child import peak_mb

LINES = (1_000_000, 10_000_000)
THREADS = 2
POPULAR, REPLAY = "popular", "replay"
LEAST_LINES = {POPULAR: 1_000_000, REPLAY: 300_000}
MOST_MB = 1024
MOST_ASKED = {"/images/1": "/images/*", "/posts/some-long-title-2": "*", "/assets/3": "/assets/*"}
"""With the patterns of their behaviours."""
FIRST_DAY_MS = 1_795_132_800_000
DAYS = (date(2026, 11, 20), date(2026, 11, 21))
_PART = 1_000_000
_FAILED = "CASE WHEN w < 0.02 THEN 'Error' WHEN w < 0.8 THEN 'Hit' WHEN w < 0.85 THEN 'RefreshHit' ELSE 'Miss' END"
_LOG = f"""COPY (
  WITH drawn AS (
    SELECT i, random() AS v, random() AS w, CAST(random() * 172799999 AS BIGINT) + {FIRST_DAY_MS} AS ms,
      CAST(floor(exp(random() * ln(10000))) AS INTEGER) AS number
    FROM range($lines) AS numbers(i)
  )
  SELECT
    strftime(epoch_ms(ms), '%Y-%m-%d') AS "date", strftime(epoch_ms(ms), '%H:%M:%S') AS "time",
    ['NRT57-P2', 'FRA56-P1', 'IAD89-C3', 'SFO5-P1'][1 + CAST(floor(v * 4) AS INTEGER)] AS x_edge_location,
    CAST(1000 + CAST(w * 50000 AS INTEGER) AS VARCHAR) AS sc_bytes, 'GET' AS cs_method,
    ['/assets/', '/images/', '/posts/some-long-title-'][1 + number % 3] || number AS cs_uri_stem,
    CASE WHEN w < 0.02 THEN '404' ELSE '200' END AS sc_status,
    CASE WHEN w < 0.1 THEN 'page=' || CAST(w * 200 AS INTEGER) ELSE '-' END AS cs_uri_query,
    {_FAILED} AS x_edge_result_type, {_FAILED} AS x_edge_response_result_type, md5(CAST(i AS VARCHAR))
    AS x_edge_request_id, 'text/html' AS sc_content_type, '-' AS sc_content_len, CAST(ms AS VARCHAR) AS timestamp_ms,
    'E2EXAMPLE' AS distributionid, strftime(epoch_ms(ms), '%Y') AS "year", strftime(epoch_ms(ms), '%m') AS "month",
    strftime(epoch_ms(ms), '%d') AS "day", strftime(epoch_ms(ms), '%H') AS "hour"
  FROM drawn
) TO '$folder' (FORMAT parquet, PARTITION_BY (distributionid, year, month, day, hour), FILENAME_PATTERN 'part{{uuid}}',
  OVERWRITE_OR_IGNORE)"""


def main() -> None:
    """Measure both at each size and print them beside the goals."""
    sizes = [int(typed) for typed in sys.argv[1:]] or list(LINES)
    say(f"\nTTL review, {DATE}, {os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}")
    say(f"\n{'':<28}{'s':>9}{'lines/s':>14}{'peak MB':>10}")
    done: dict[tuple[str, int], tuple[float, float]] = {}
    for lines in sizes:
        with TemporaryDirectory(prefix="ttl-review-bench-") as folder:
            make(lines, Path(folder))
            for what in (POPULAR, REPLAY):
                seconds, peak = done[what, lines] = measured(what, folder)
                say(f"  {what + f', {lines:,} lines':<26}{seconds:>9.1f}{lines / seconds:>14,.0f}{peak:>10.0f}")
    for what in (POPULAR, REPLAY) if len(sizes) > 1 else ():
        (seconds, peak), (more, higher) = done[what, sizes[0]], done[what, sizes[-1]]
        growth = f"{more / seconds:.1f} times the time and {higher / peak:.1f} times the memory"
        say(f"  {what}: {sizes[-1] / sizes[0]:.0f} times the lines take {growth}")
    say("\ngoals")
    for (what, lines), (seconds, peak) in done.items():
        rate, least = lines / seconds, LEAST_LINES[what]
        goal(f"{what}, {lines:,} lines", f"{rate:,.0f}", f">= {least:,} lines/s", met=rate >= least)
        goal(f"{what}, {lines:,} lines, peak", f"{peak:.0f} MB", f"< {MOST_MB} MB", met=peak < MOST_MB)


def make(lines: int, folder: Path) -> None:
    """Write logs of so many lines, a part at a time, as they are delivered."""
    with duckdb.connect(config={"threads": str(THREADS), "memory_limit": "600MB"}) as database:
        for first in range(0, lines, _PART):
            text = _LOG.replace("$lines", str(min(_PART, lines - first))).replace("$folder", str(folder))
            database.execute(text)


def measured(what: str, folder: str) -> tuple[float, float]:
    """Return the seconds and the peak memory in MB of a process of its own."""
    command = [sys.executable, "-m", "tests.bench.ttl_review", what, folder]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=1800)
    seconds, peak = json.loads(answer.stdout)
    return seconds, peak


def child(what: str, folder: Path) -> None:
    """Do one of both and print what it took; what is imported does not count as time, but as memory."""
    from operate.ttl_review import settings_of  # noqa: PLC0415 (the parent needs none of it)
    from tests.ttl_tree import of_tree  # noqa: PLC0415
    from ttl_review.files import FilesEngine  # noqa: PLC0415
    from ttl_review.model import Period, Popular  # noqa: PLC0415
    from ttl_review.popular import NOTHING, Tally, objects  # noqa: PLC0415
    from ttl_review.proposals import curves  # noqa: PLC0415

    period, policies = Period(first=DAYS[0], last=DAYS[-1]), of_tree().policies
    began = time.perf_counter()
    with FilesEngine(folder, threads=THREADS) as engine:
        if what == POPULAR:
            tally = Tally(policies, top=50)
            for path, counts in objects(engine, period):
                tally.add(path, counts)
        else:
            # The ones asked for most, as the table of popular objects has told by then.
            popular = [
                Popular(path=path, pattern=pattern, counts=replace(NOTHING, requests=1_000_000))
                for path, pattern in MOST_ASKED.items()
            ]
            curves(
                engine,
                period,
                policies,
                popular=popular,
                settings=settings_of(STAGES["prod"]),
                progress=lambda _: None,
            )
        seconds = time.perf_counter() - began
    sys.stdout.write(json.dumps((seconds, peak_mb())))


if __name__ == "__main__":
    if sys.argv[1:2] in ([POPULAR], [REPLAY]):
        child(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
