"""The review of the working tree against BASE, put together and written."""

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from review import cost, markdown, page, policy, risks
from review.base import Base, checked_out, find
from review.command import ROOT, ReviewError
from review.differences import compare
from review.engine import Engine
from review.exceptions import apply, read
from review.gate import judge, threshold
from review.lint import Linters
from review.model import Exemption, Finding, Review, Severity
from review.references import references, stacks
from review.sides import Side
from review.synthesis import Checkout, synthesize

OUT = "review-out"


class Inputs(NamedTuple):
    """What a review is asked for."""

    base: str
    out: Path
    today: date
    gate: Severity | None


class Judged(NamedTuple):
    """A side, and what the policies find in it."""

    side: Side
    findings: Sequence[Finding]


def inputs() -> Inputs:
    """Return what BASE, OUT, TODAY and GATE ask for."""
    asked = {name: os.environ.get(name, "") for name in ("BASE", "OUT", "TODAY", "GATE")}
    try:
        # Today is the reviewer's, by the calendar on the wall.
        today = date.fromisoformat(asked["TODAY"]) if asked["TODAY"] else date.today()  # noqa: DTZ011
    except ValueError:
        raise ReviewError(f"TODAY '{asked['TODAY']}' is no day; write it as 2027-01-31") from None
    out = Path(asked["OUT"] or OUT)
    if out.exists() and not out.is_dir():
        raise ReviewError(f"OUT '{out}' is a file; name a folder")
    return Inputs(asked["BASE"], out, today, threshold(asked["GATE"]))


def make(asked: Inputs, root: Path = ROOT) -> Review:
    """Return the review of a working tree, whose two sides are made side by side."""
    exemptions = read(root)
    base = find(asked.base, root)
    with ExitStack() as ends:
        scratch = Path(ends.enter_context(TemporaryDirectory(prefix="edgepost-review-")))
        threads = ends.enter_context(ThreadPoolExecutor(2))
        tree = Checkout("the working tree", root, Path(sys.executable))
        after = threads.submit(synthesize, tree, scratch / "head")
        before = threads.submit(_before, base, root, scratch / "base")
        # Starting these takes about as long as a synthesis.
        linters = ends.enter_context(Linters())
        engine = ends.enter_context(Engine())
        sides = _judged(before, after, linters)
        return assemble(asked, base, sides, exemptions, engine)


def write(review: Review, out: Path) -> list[Path]:
    """Write the review to a folder, for pull requests, for browsers and as data, and return the files."""
    data = msgspec.json.format(msgspec.json.encode(review, order="deterministic"), indent=2)
    texts = {"md": markdown.render(review), "html": page.render(review), "json": f"{data.decode()}\n"}
    files = {out / f"review.{kind}": text for kind, text in texts.items()}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReviewError(f"cannot write to OUT '{out}': {error}") from None
    return [*files]


def assemble(
    asked: Inputs, base: Base, sides: tuple[Judged, Judged], exemptions: Sequence[Exemption], engine: Engine
) -> Review:
    """Return the review of two sides."""
    before, after = sides
    differences = compare(before.side, after.side, engine)
    found = [*risks.find(before.side, after.side, differences, engine), *_new(before.findings, after.findings)]
    judged, accepted = apply(exemptions, found, asked.today)
    findings, verdict = judge(accepted, asked.gate)
    return Review(
        base=base.ref,
        commit=base.commit,
        today=asked.today,
        stages=tuple(sorted({place.stage for side in (before.side, after.side) for place in side.places})),
        stacks=tuple(stacks(before.side, after.side, differences)),
        references=references(before.side, after.side),
        changes=differences.changes,
        sections=differences.sections,
        permissions=differences.permissions,
        findings=findings,
        cost=cost.compare(before.side, after.side),
        exceptions=tuple(judged),
        verdict=verdict,
    )


def _before(base: Base, root: Path, folder: Path) -> Side:
    with checked_out(base, root) as checkout:
        return synthesize(checkout, folder)


def _judged(before: "Future[Side]", after: "Future[Side]", linters: Linters) -> tuple[Judged, Judged]:
    """Return both sides with what policies find.

    What cfn-lint finds in BASE is asked for only where it finds something in HEAD: for most changes, nowhere.
    """
    head = Judged(after.result(), policy.findings(after.result(), linters))
    linted = {(finding.stage, finding.stack) for finding in head.findings if finding.source == "cfn-lint"}
    return Judged(before.result(), policy.findings(before.result(), linters, linted)), head


def _new(before: Iterable[Finding], after: Iterable[Finding]) -> list[Finding]:
    """Return what policies find in HEAD, each once; not new is what BASE has too, and accepts or not as HEAD does."""
    known = {(finding.fingerprint, bool(finding.acknowledged)) for finding in before}
    once = {finding.fingerprint: finding for finding in sorted(after, key=lambda finding: finding.order, reverse=True)}
    return [replace(one, new=(print_, bool(one.acknowledged)) not in known) for print_, one in once.items()]
