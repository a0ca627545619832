"""The review as the comment of a pull request: what matters first, details folded, never too long for a comment.

Everything of a template is text of strangers: it stands in code spans, or escaped, and cannot mention, link or format.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any

from review.model import Change, CostLine, Finding, Review, Severity

MARKER = "<!-- edgepost-review -->"
"""The first line, by which a script finds the comment that it wrote before."""
MOST = 60_000
"""Characters; a comment takes 65,536 (GitHub REST API, "Issue comments")."""
LONGEST_VALUE = 600
LONGEST_NAME = 200
TOLD = 30
"""Findings with their details; more are in the page."""
SPECIAL = re.compile(r"([\\`*_{}\[\]<>!|~&$])")
LINKS = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?i:(?<=www)(?=\.))")
"""Where GitHub would see a mention, a reference or a link; a space without width there keeps it from that."""
SIGNS = {Severity.CRITICAL: "🟥", Severity.HIGH: "🟧", Severity.MEDIUM: "🟨", Severity.LOW: "⬜"}
IMPACTS = {
    "replace": "replaced",
    "may_replace": "may be replaced",
    "remove": "removed",
    "orphan": "left behind",
    "import": "imported",
    "create": "added",
    "update": "changed",
    "none": "metadata only",
}
"""What CloudFormation would do, worst first."""


def render(review: Review) -> str:
    """Return the comment."""
    blocks = [MARKER, *_head(review), *_findings(review), *_changes(review), *_cost(review), *_rest(review)]
    text = ""
    for block in blocks:
        if len(text) + len(block) + 200 > MOST:
            return f"{text}\n…and more than fits here: see the page `review.html`.\n"
        text += f"{block}\n"
    return text


def _head(review: Review) -> Iterator[str]:
    verdict = review.verdict
    word = "✅ may pass" if verdict.passed else f"⛔ gated by {_count(verdict.gating, 'finding')}"
    yield f"## Templates: {word}\n"
    counts = {impact: sum(change.impact == impact for change in review.changes) for impact in IMPACTS}
    told = ", ".join(f"{count} {IMPACTS[impact]}" for impact, count in counts.items() if count) or "nothing changes"
    stages = " and ".join(map(escaped, review.stages))
    yield f"{stages} against {code(review.base)} ({code(review.commit[:9])}): {told}.\n"


def _findings(review: Review) -> Iterator[str]:
    new = [finding for finding in review.findings if finding.new and not finding.acknowledged]
    if not new:
        yield "No new findings.\n"
        return
    yield f"### {_count(len(new), 'new finding')}\n"
    for finding in new[:TOLD]:
        gate = " **gates**" if finding.gates else ""
        where = f" {code(finding.resource)}" if finding.resource else ""
        stage = f"{escaped(finding.stage)}:" if finding.stage else ""
        yield f"- {SIGNS[finding.severity]} {stage}{where} {escaped(finding.title)} ({code(finding.rule)}){gate}"
        if finding.before is not None or finding.after is not None:
            yield _folded("before and after", _values(finding.before, finding.after))
    if len(new) > TOLD:
        yield f"- …and {len(new) - TOLD} more, see the page."
    yield ""


def _changes(review: Review) -> Iterator[str]:
    shown = [change for change in review.changes if not change.asset_only]
    for (stage, stack), changes in groupby(shown, key=lambda change: (change.stage, change.stack)):
        of_stack = sorted(changes, key=lambda change: [*IMPACTS].index(change.impact))
        lines = "\n".join(_change(change) for change in of_stack)
        yield _folded(f"{stage} {stack}: {_count(len(of_stack), 'resource')}", lines)
    code_only = sum(change.asset_only for change in review.changes)
    if code_only:
        yield f"{_count(code_only, 'function')} with new code and nothing else.\n"


def _change(change: Change) -> str:
    names = ", ".join(code(one.name) for one in (*change.properties, *change.attributes))
    of = f": {names}" if names else ""
    return f"- **{IMPACTS[change.impact]}** {code(change.where)} ({code(change.resource_type)}){of}"


def _cost(review: Review) -> Iterator[str]:
    lines = [line for line in review.cost.lines if line.before_usd != line.after_usd]
    for stage in review.stages:
        of_stage = [line for line in review.cost.lines if line.stage == stage]
        before, after = (sum(getattr(line, side) for line in of_stage) for side in ("before_usd", "after_usd"))
        yield f"{escaped(stage)} at rest: about {before:,.0f} → {after:,.0f} USD a month.\n"
    if lines:
        yield _folded("what changes the cost", "\n".join(map(_cost_line, lines)))


def _cost_line(line: CostLine) -> str:
    where = f"{escaped(line.stage)} {code(line.resource)}"
    return f"- {where}: {escaped(line.item)}, {line.before_usd:,.2f} → {line.after_usd:,.2f}"


def _rest(review: Review) -> Iterator[str]:
    if review.exceptions:
        lines = [
            f"- {code(one.rule)} of {code(one.resource)} until {one.expires} ({one.state}): {escaped(one.reason)}"
            for one in review.exceptions
        ]
        yield _folded(_count(len(review.exceptions), "exception"), "\n".join(lines))
    known = [finding for finding in review.findings if not finding.new and not finding.acknowledged]
    if known:
        yield _folded(f"{_count(len(known), 'finding')} that the base has too", "\n".join(_known(known)))
    accepted = sum(bool(finding.acknowledged) for finding in review.findings)
    if accepted:
        yield f"{_count(accepted, 'finding')} accepted with a reason: see the page.\n"


def _known(findings: Sequence[Finding]) -> Iterable[str]:
    """One line a rule, since each may have many."""
    by_rule: dict[tuple[Severity, str], int] = {}
    for finding in findings:
        by_rule[finding.severity, finding.rule] = by_rule.get((finding.severity, finding.rule), 0) + 1
    return (f"- {SIGNS[severity]} {code(rule)} × {count}" for (severity, rule), count in by_rule.items())


def _folded(summary: str, text: str) -> str:
    # Inside of a tag's line Markdown is not read, HTML is.
    return f"<details><summary>{escape(_visible(summary))}</summary>\n\n{text}\n\n</details>\n"


def _values(before: Any, after: Any) -> str:  # noqa: ANN401 (any JSON)
    return f"{_block('before', before)}\n\n{_block('after', after)}"


def _block(name: str, value: Any) -> str:  # noqa: ANN401 (any JSON)
    text = "nothing" if value is None else json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    cut = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"
    # A block of four spaces cannot be ended from within.
    return f"{name}:\n\n" + "\n".join(f"    {_visible(line)}" for line in cut.splitlines())


def code(text: str) -> str:
    """Return text as a code span, which nothing in it can end."""
    plain = _visible(text)[:LONGEST_NAME].replace("`", "ˋ").replace("|", "¦")
    return f"`{plain}`" if plain.strip() else "``` ```"


def escaped(text: str) -> str:
    """Return text that formats nothing, mentions nobody and links nowhere."""
    return LINKS.sub("\u200b", SPECIAL.sub(r"\\\1", _visible(text)[: 3 * LONGEST_NAME]))


def _visible(text: str) -> str:
    """Return text on one line, without what could reorder or hide it."""
    return "".join(each if each.isprintable() else "\ufffd" for each in " ".join(text.split()))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
