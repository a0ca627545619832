"""The review as the comment of a pull request: what matters first, details folded, never too long for a comment.

Everything of a template is text of strangers: it stands in code spans, or escaped, and cannot mention, link or format.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from textwrap import indent
from typing import Any

from review.compared import Line, compared
from review.model import Change, CostLine, Exemption, Finding, Review, Severity
from review.plain import printable
from review.room import Entry, Part, fitted
from review.together import Place, Told, together

MARKER = "<!-- edgepost-review -->"
"""The first line, by which a script finds the comment that it wrote before."""
MOST = 60_000
"""Characters; a comment takes 65,536 (GitHub REST API, "Issue comments")."""
LONGEST_NAME = 200
PLACES = 5
"""Resources that a finding names; more are in the page."""
LINES, WIDEST, CONTEXT = 40, 160, 3
"""Of a comparison: how many lines, of how many characters, and how many about one that differs."""
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
    parts = [_head(review), _findings(review), *_changes(review), *_cost(review), *_rest(review)]
    return fitted(parts, most=MOST, rest="the page `review.html`")


def _head(review: Review) -> Part:
    verdict = review.verdict
    word = "✅ may pass" if verdict.passed else f"⛔ gated by {_count(verdict.gating, 'finding')}"
    counts = {impact: sum(change.impact == impact for change in review.changes) for impact in IMPACTS}
    told = ", ".join(f"{count} {IMPACTS[impact]}" for impact, count in counts.items() if count) or "nothing changes"
    stages = " and ".join(map(escaped, review.stages))
    about = f"{stages} against {code(review.base)} ({code(review.commit[:9])}): {told}."
    return Part(f"{MARKER}\n## Templates: {word}\n\n{about}")


def _findings(review: Review) -> Part:
    new = [finding for finding in review.findings if finding.new and not finding.acknowledged]
    if not new:
        return Part("No new findings.")
    return Part(f"### {_count(len(new), 'new finding')}", [*map(_finding, together(new))])


def _finding(told: Told) -> Entry:
    finding, places = told
    gate = " **gates**" if finding.gates else ""
    listed = ", ".join(map(_place, places[:PLACES]))
    more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
    where = f" – {listed}{more}" if listed else ""
    line = f"- {SIGNS[finding.severity]} {escaped(finding.title)}{where} ({code(finding.rule)}){gate}"
    return Entry(line, _values(finding.before, finding.after))


def _place(place: Place) -> str:
    resource = code(place.resource) if place.resource else ""
    return " in ".join(part for part in (resource, escaped(" and ".join(place.stages))) if part)


def _changes(review: Review) -> Iterator[Part]:
    by_stack: dict[str, list[Change]] = {}
    for change in sorted(review.changes, key=lambda change: [*IMPACTS].index(change.impact)):
        if not change.asset_only:
            by_stack.setdefault(change.stack, []).append(change)
    for stack, changes in sorted(by_stack.items()):
        stages: dict[str, set[str]] = {}
        for change in changes:
            stages.setdefault(_change(change), set()).add(change.stage)
        lines = [f"{line} – {escaped(' and '.join(sorted(in_)))}" for line, in_ in stages.items()]
        yield _folded(f"{stack}: {_count(len(lines), 'resource')}", map(Entry, lines))
    code_only = sum(change.asset_only for change in review.changes)
    if code_only:
        yield Part(f"{_count(code_only, 'function')} with new code and nothing else.")


def _change(change: Change) -> str:
    # Of what comes or goes as a whole, every property does.
    changed = change.impact not in {"create", "remove", "orphan"}
    names = ", ".join(code(one.name) for one in (*change.properties, *change.attributes) if changed)
    of = f": {names}" if names else ""
    return f"- **{IMPACTS[change.impact]}** {code(change.where)} ({code(change.resource_type)}){of}"


def _cost(review: Review) -> Iterator[Part]:
    lines = [line for line in review.cost.lines if line.before_usd != line.after_usd]
    for stage in review.stages:
        of_stage = [line for line in review.cost.lines if line.stage == stage]
        before, after = (sum(getattr(line, side) for line in of_stage) for side in ("before_usd", "after_usd"))
        yield Part(f"{escaped(stage)} at rest: about {before:,.0f} → {after:,.0f} USD a month.")
    if lines:
        largest = sorted(lines, key=lambda line: -abs(line.after_usd - line.before_usd))
        yield _folded("what changes the cost", map(_cost_line, largest))


def _cost_line(line: CostLine) -> Entry:
    where = f"{escaped(line.stage)} {code(line.resource)}"
    return Entry(f"- {where}: {escaped(line.item)}, {line.before_usd:,.2f} → {line.after_usd:,.2f}")


def _rest(review: Review) -> Iterator[Part]:
    if review.exceptions:
        yield _folded(_count(len(review.exceptions), "exception"), map(_exception, review.exceptions))
    known = [finding for finding in review.findings if not finding.new and not finding.acknowledged]
    if known:
        yield _folded(f"{_count(len(known), 'finding')} that the base has too", _known(known))
    accepted = sum(bool(finding.acknowledged) for finding in review.findings)
    if accepted:
        yield Part(f"{_count(accepted, 'finding')} accepted with a reason: see the page.")


def _exception(one: Exemption) -> Entry:
    return Entry(f"- {code(one.rule)} of {code(one.resource)} until {one.expires} ({one.state}): {escaped(one.reason)}")


def _known(findings: Sequence[Finding]) -> Iterator[Entry]:
    """Yield one line a rule, since each may have many."""
    by_rule: dict[tuple[Severity, str], int] = {}
    for finding in findings:
        by_rule[finding.severity, finding.rule] = by_rule.get((finding.severity, finding.rule), 0) + 1
    for (severity, rule), count in by_rule.items():
        yield Entry(f"- {SIGNS[severity]} {code(rule)} × {count}")


def _folded(summary: str, entries: Iterable[Entry]) -> Part:
    # Inside of a tag's line Markdown is not read, HTML is.
    return Part(f"<details><summary>{escape(_visible(summary)[:LONGEST_NAME])}</summary>", [*entries], "</details>")


def _values(before: Any, after: Any) -> str:  # noqa: ANN401 (any JSON)
    """Return a folded comparison of two values, within the item of a list; nothing if there are none."""
    compared_ = compared(before, after)
    if not compared_:
        return ""
    near = _near(compared_)
    shown = [f"{line.mark} {printable(line.text)}"[:WIDEST] for line in near[:LINES]]
    shown += [f"# …and {len(near) - LINES} more lines"] if len(near) > LINES else []
    # No line of a value is as long a fence as this one.
    fence = "`" * max(3, 1 + max(len(run) for line in shown for run in re.findall("`*", line)))
    text = "\n".join([f"{fence}diff", *shown, fence])
    return indent(f"<details><summary>before and after</summary>\n\n{text}\n\n</details>\n", "  ")


def _near(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that differ, with those about them."""
    differ = [number for number, line in enumerate(lines) if line.mark != " "]
    shown = {near for number in differ for near in range(number - CONTEXT, number + CONTEXT + 1)}
    return [line for number, line in enumerate(lines) if number in shown] or [*lines]


def code(text: str) -> str:
    """Return text as a code span, which nothing in it can end."""
    plain = _visible(text)[:LONGEST_NAME].replace("`", "ˋ").replace("|", "¦")
    return f"`{plain}`" if plain.strip() else "``` ```"


def escaped(text: str) -> str:
    """Return text that formats nothing, mentions nobody and links nowhere."""
    return LINKS.sub("\u200b", SPECIAL.sub(r"\\\1", _visible(text)[: 3 * LONGEST_NAME]))


def _visible(text: str) -> str:
    """Return text on one line, without what could reorder or hide it."""
    return printable(" ".join(text.split()))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
