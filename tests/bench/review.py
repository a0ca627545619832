"""Measure the review of templates beside its goals: `python -m tests.bench.review`, a part of `make bench`.

The review is of the working tree against BASE, 30 commits ago by default, for all stages but the local one. Times
depend on the machine: compare within one run, with nothing else busy.
"""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from local.deploy import CDK, NODE, pinned
from review.base import checked_out, find
from review.command import ROOT, ReviewError
from review.synthesis import Checkout, synthesize
from stacks.config import STAGES
from tests.bench.__main__ import DATE, goal, say

RUNS = 3
MOST_SECONDS = 15
MOST_TIMES = 1.2
AGO = "HEAD~30"
NAMES = [name for name in STAGES if name != "local"]
OURS, DIRECT, COMMAND_LINE = "as reviewed, all packs", "in process", "cdk synth"
# What anybody would write to have the templates: no packs but the app's own, nothing read back.
IN_PROCESS = """
import json, sys
from aws_cdk import App
from app import build
from stacks.config import STAGES
flags = json.load(open("cdk.json"))["context"]
quick = {"aws:cdk:bundling-stacks": [], "aws:cdk:disable-asset-staging": True}
for stage in sys.argv[2:]:
    app = App(context=flags | quick, outdir=f"{sys.argv[1]}/{stage}", builtin_cloud_formation_validation=False,
              analytics_reporting=False)
    build(app, STAGES[stage])
    app.synth()
"""


def main() -> None:
    """Measure everything and print it as it comes."""
    say(f"\nthe review, {DATE}, {os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}")
    say(f"\n{f'synth of {len(NAMES)} stages, medians':<28}{'s':>10}")
    ways = {OURS: _ours, DIRECT: _direct, COMMAND_LINE: _command_line}
    synths = {name: _seconds(way) for name, way in ways.items()}
    for name, seconds in synths.items():
        say(f"  {name:<26}{seconds:>10.1f}")
    base = _base()
    # Only the first review of a BASE with other dependencies installs them.
    with checked_out(find(base)):
        pass
    whole = _seconds(lambda folder: _whole(base, folder))
    say(f"\n{'the whole review':<28}{'s':>10}\n  {f'against {base}':<26}{whole:>10.1f}")
    say("\ngoals")
    times = synths[OURS] / synths[DIRECT]
    goal("synth beside that in process", f"{times:.2f} x", f"<= {MOST_TIMES} x", met=times <= MOST_TIMES)
    goal("the whole review", f"{whole:.1f} s", f"<= {MOST_SECONDS} s", met=whole <= MOST_SECONDS)


def _seconds(way: Callable[[Path], object]) -> float:
    taken: list[float] = []
    for _ in range(RUNS):
        with TemporaryDirectory() as folder:
            began = time.perf_counter()
            way(Path(folder))
            taken.append(time.perf_counter() - began)
    return median(taken)


def _ours(folder: Path) -> None:
    synthesize(Checkout("the working tree", ROOT, Path(sys.executable)), folder, *NAMES)


def _direct(folder: Path) -> None:
    _run(sys.executable, "-c", IN_PROCESS, folder, *NAMES, environment={"JSII_NODE": str(NODE)})


def _command_line(folder: Path) -> None:
    for name in NAMES:
        asked = ("synth", "--quiet", "--context", f"stage={name}", "--output", folder / name)
        _run(NODE, CDK, *asked, environment=pinned(os.environ))


def _base() -> str:
    asked = os.environ.get("BASE") or AGO
    try:
        find(asked)
    except ReviewError:
        return ""
    return asked


def _whole(base: str, folder: Path) -> None:
    # Findings may gate; that is no failure here.
    _run(sys.executable, "-m", "review", environment={"BASE": base, "OUT": str(folder), "GATE": "none"})


def _run(*command: str | Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)


if __name__ == "__main__":
    main()
