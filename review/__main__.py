"""`make review`: what the working tree changes against BASE, for who approves it.

Exit code: 0 the change may pass, 1 findings gate it, 2 there is no review.
"""

import signal
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import NoReturn

from operate.command import BAD_INPUT, run, say
from review.command import ROOT
from review.model import Finding, Review
from review.review import inputs, make, write

GATED = 1


def main(root: Path = ROOT) -> int:
    """Review a working tree, write, and say what gates."""
    asked = inputs()
    review = make(asked, root)
    say("base", f"{review.base} ({review.commit[:9]})")
    for file in write(review, asked.out):
        say("written", str(file))
    for finding in review.findings:
        if finding.gates:
            say("gates", _line(finding))
    say("verdict", _verdict(review))
    return 0 if review.verdict.passed else GATED


def _line(finding: Finding) -> str:
    where = " ".join(part for part in (finding.stage, finding.resource) if part)
    return f"{finding.severity.value} {finding.rule} {where}: {finding.title}"


def _verdict(review: Review) -> str:
    new = sum(finding.new and not finding.acknowledged for finding in review.findings)
    word = "passed" if review.verdict.passed else "gated"
    return f"{word}: {len(review.changes)} resources change, {new} new findings, {review.verdict.gating} of them gate"


def command(root: Path = ROOT) -> NoReturn:
    """Review and exit with the code; a fault of the review itself is none that gates, which Python would end with."""
    # So that what is checked out goes then too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run("review", partial(main, root))
    except Exception:  # noqa: BLE001 (whatever it is, it is told)
        traceback.print_exc()
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    command()
