"""`make soak`: prove the deployed stacks under faults on an embedded cloud of their own, and write down the figures.

COUNT mail requests (100,000), then readers for MINUTES (10). It ends with 1 where anything is left unaccounted for.
"""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from local.cloud import ROOT, Cloud, CloudError, start
from local.deploy import DeployError, deploy
from local.servers.server import free_port
from operate.command import InputError, StageError, run, say
from tests.end_to_end.conftest import MailPath
from tests.end_to_end.site import fresh_site
from tests.soak.calm import Check, check
from tests.soak.figures import Figures, lines
from tests.soak.mails import Done, Run
from tests.soak.processes import Memory
from tests.soak.readers import Load
from tests.soak.report import PROOF, with_figures

SEED = 20261124
STATE = ROOT / ".local" / "soak"
RESENT = 0.1
"""The part of the requests that is sent with on_undecided="resend", where a crash may send a mail twice."""
PAUSE_S = 2.5
"""Between two faults, on average."""
PAUSE_COUNT = 600
"""Fewer requests than this times PAUSE_S get faults in a quicker succession, so that they get some at all."""


def main() -> int:
    """Run everything, and say what came of it."""
    count, minutes = _input("COUNT", int, 100_000), _input("MINUTES", float, 10.0)
    with _cloud() as cloud:
        figures = _soak(cloud, count=count, minutes=minutes)
    written = lines(figures)
    PROOF.write_text(with_figures(PROOF.read_text(), written))
    sys.stdout.write("\n".join(written) + "\n")
    problems = figures.problems
    for problem in problems[:50]:
        say("problem", problem)
    say("soak", f"{len(problems)} problems; figures are in docs/proof.md")
    return 1 if problems else 0


def _input(name: str, kind: Callable[[str], float], usual: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = kind(text) if text else usual
    except ValueError:
        value = -1
    if value <= 0:
        raise InputError(f"{name} '{text}' is not a number above 0; leave it out for {usual:g}")
    return value


@contextmanager
def _cloud() -> Generator[Cloud]:
    """An embedded cloud with the stacks deployed, which ends whatever happens."""
    try:
        cloud = start(port=free_port(), state=STATE)
    except CloudError as error:
        raise StageError(error) from error
    try:
        deploy(cloud, report=lambda line: say("deploy", line))
        yield cloud
    except DeployError as error:
        raise StageError(error) from error
    finally:
        cloud.stop()


def _soak(cloud: Cloud, *, count: float, minutes: float) -> Figures:
    path, site = MailPath(cloud), fresh_site(cloud)
    functions = (path.outputs["ConsumerFunction"], path.outputs["FeedbackFunction"], site.web["BlogFunction"])
    say("soak", "the model is checked without faults")
    checks: list[Check] = check(path)
    resent = max(1, round(count * RESENT))
    with Memory(cloud.pid, functions) as memory:
        say("soak", f"{count:,.0f} mail requests with faults")
        asked = _run(path, count=round(count) - resent, resend=False)
        again = _run(path, count=resent, resend=True)
    with Memory(cloud.pid, functions) as memory_of_readers:
        say("soak", f"readers for {minutes:g} minutes with faults")
        path.reset()
        read = Load(site, consumer=path.outputs["ConsumerFunction"], seed=SEED).run(
            seconds=minutes * 60, pause=PAUSE_S * 2
        )
    return Figures(
        asked=asked,
        resent=again,
        read=read,
        checks=checks,
        memory={"mails": memory.samples, "readers": memory_of_readers.samples},
    )


def _run(path: MailPath, *, count: int, resend: bool) -> Done:
    done = Run(path, count=count, seed=SEED + resend, resend=resend).run(pause=min(PAUSE_S, count / PAUSE_COUNT))
    say("mails", f"{count:,} requests in {done.seconds:.0f} s, {len(done.accounts.problems)} problems")
    return done


if __name__ == "__main__":
    run("soak", main)
