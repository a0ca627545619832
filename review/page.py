"""The review as one page: without scripts, without anything from elsewhere, light and dark."""

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from review.diagram import draw
from review.markdown import IMPACTS
from review.model import Change, CostLine, Finding, Permission, PropertyChange, Review, SectionChange

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
LONGEST = 20_000
"""Characters of one value."""
KINDS = {
    "statement": "statement",
    "managed_policy": "managed policy",
    "ingress": "rule of what comes in",
    "egress": "rule of what goes out",
}


def render(review: Review) -> str:
    """Return the page."""
    parts = [*_head(review), *_diagrams(review), *_findings(review), *_changes(review), *_cost(review), *_rest(review)]
    title = escape(f"Review against {review.base}")
    # Nothing runs or is fetched, whatever the page is made of.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>\n{STYLE}</style></head><body><main>\n" + "\n".join(parts) + "\n</main></body></html>\n"
    )


def _head(review: Review) -> Iterator[str]:
    verdict = review.verdict
    kind, word = ("passed", "May pass") if verdict.passed else ("gated", f"Gated by {verdict.gating}")
    gate = f"gate at {verdict.gate.value}" if verdict.gate else "no gate"
    yield f'<h1>Templates: <span class="verdict {kind}">{word}</span></h1>'
    yield (
        f'<p class="soft">{escape(" and ".join(review.stages))} against {_code(review.base)} '
        f"({_code(review.commit[:9])}), {gate}, on {review.today}</p>"
    )
    counts = [(impact, sum(change.impact == impact for change in review.changes)) for impact in IMPACTS]
    items = [f'<li><b class="{impact}">{count}</b>{IMPACTS[impact]}</li>' for impact, count in counts if count]
    yield f'<ul class="counts">{"".join(items) or "<li>nothing changes</li>"}</ul>'


def _diagrams(review: Review) -> Iterator[str]:
    yield "<h2>Stacks</h2>"
    for stage in review.stages:
        yield f"<h3>{escape(stage)}</h3>"
        yield f'<div class="scroll">{draw(stage, review.stacks, review.references)}</div>'


def _findings(review: Review) -> Iterator[str]:
    new = [one for one in review.findings if one.new and not one.acknowledged]
    known = [one for one in review.findings if not one.new and not one.acknowledged]
    accepted = [one for one in review.findings if one.acknowledged]
    yield "<h2>Findings</h2>"
    yield "".join(map(_finding, new)) or "<p>Nothing new.</p>"
    for told, findings in (("that the base has too", known), ("accepted, each with its reason", accepted)):
        if findings:
            inner = "".join(map(_finding, findings))
            yield f"<details><summary>{len(findings)} {told}</summary><div>{inner}</div></details>"


def _finding(finding: Finding) -> str:
    severity = finding.severity.value
    gates = " <b>gates</b>" if finding.gates else ""
    where = " ".join(part for part in (finding.stage, finding.resource) if part)
    about = f'<span class="about soft">{escape(where)} · {_code(finding.rule)} · {escape(finding.source)}</span>'
    line = f'<span class="tag {severity}">{severity}</span>{escape(finding.title)}{gates}{about}'
    reason = f"<p>Accepted: {escape(finding.acknowledged)}</p>" if finding.acknowledged else ""
    values = (
        "" if finding.before is None and finding.after is None else _table([("value", finding.before, finding.after)])
    )
    return f"<details{' open' if finding.gates else ''}><summary>{line}</summary>{reason}{values}</details>"


def _changes(review: Review) -> Iterator[str]:
    yield "<h2>Resources</h2>"
    for (stage, stack), changes in groupby(review.changes, key=lambda one: (one.stage, one.stack)):
        of_stack = sorted(changes, key=lambda one: [*IMPACTS].index(one.impact))
        yield f"<h3>{escape(stage)} · {escape(stack)}</h3>"
        yield "".join(map(_change, of_stack))
        yield from _beside(stage, stack, review)


def _change(change: Change) -> str:
    note = " · code alone" if change.asset_only else ""
    line = (
        f'<span class="tag {change.impact}">{IMPACTS[change.impact]}</span>{_code(change.where)} '
        f'<span class="soft">{escape(change.resource_type)}{note}</span>'
    )
    rows = [(_name(one), one.before, one.after) for one in (*change.properties, *change.attributes)]
    logical_id = f'<p class="soft">{_code(change.logical_id)}</p>'
    return f"<details><summary>{line}</summary>{logical_id}{_table(rows) if rows else ''}</details>"


def _name(change: PropertyChange) -> str:
    replacement = {"never": "", "may": " (may replace)", "will": " (replaces)"}[change.causes_replacement]
    return f"{change.name}{replacement}"


def _beside(stage: str, stack: str, review: Review) -> Iterator[str]:
    """Yield what a stack has beside its resources, and whom it lets do what."""
    sections: Sequence[SectionChange] = [one for one in review.sections if (one.stage, one.stack) == (stage, stack)]
    if sections:
        rows = [(f"{one.section} {one.name}", one.before, one.after) for one in sections]
        yield f"<details><summary>Outputs, parameters and the like</summary>{_table(rows)}</details>"
    permissions = [one for one in review.permissions if (one.stage, one.stack) == (stage, stack)]
    if permissions:
        rows = [_permission(one) for one in permissions]
        yield f"<details><summary>Permissions</summary>{_table(rows)}</details>"


def _permission(one: Permission) -> tuple[str, Any, Any]:
    return (KINDS[one.kind], None, one.value) if one.added else (KINDS[one.kind], one.value, None)


def _table(rows: Iterable[tuple[str, Any, Any]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{_value(before)}</td><td>{_value(after)}</td></tr>'
        for name, before, after in rows
    )
    head = '<tr><td></td><th scope="col">before</th><th scope="col">after</th></tr>'
    return f'<div class="scroll"><table>{head}{body}</table></div>'


def _value(value: Any) -> str:  # noqa: ANN401 (any JSON)
    if value is None:
        return '<span class="soft">nothing</span>'
    text = value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return f"<pre>{escape(text if len(text) <= LONGEST else f'{text[:LONGEST]} …')}</pre>"


def _cost(review: Review) -> Iterator[str]:
    yield "<h2>Cost at rest</h2>"
    head = ("stage", "resource", "item", "before", "after")
    cells = "".join(f'<th scope="col"{_number(name)}>{name}</th>' for name in head)
    totals = "".join(_total(stage, review.cost.lines) for stage in review.stages)
    changed = "".join(_cost_row(line) for line in review.cost.lines if line.before_usd != line.after_usd)
    yield f'<div class="scroll"><table><tr>{cells}</tr>{changed}{totals}</table></div>'
    yield f'<p class="soft">US dollars a month. {escape(review.cost.source)}</p>'
    if review.cost.unpriced:
        items = "".join(f"<li>{escape(line)}</li>" for line in review.cost.unpriced)
        yield f"<details><summary>What there is no price for</summary><ul>{items}</ul></details>"


def _cost_row(line: CostLine) -> str:
    return _row(line.stage, line.resource, line.item, line.before_usd, line.after_usd)


def _total(stage: str, lines: Iterable[CostLine]) -> str:
    of_stage = [line for line in lines if line.stage == stage]
    before, after = (sum(getattr(line, side) for line in of_stage) for side in ("before_usd", "after_usd"))
    return _row(stage, "in all", "", before, after)


def _row(stage: str, resource: str, item: str, before: float, after: float) -> str:
    texts = "".join(f"<td>{escape(text)}</td>" for text in (stage, resource, item))
    return f'<tr>{texts}<td class="number">{before:,.2f}</td><td class="number">{after:,.2f}</td></tr>'


def _number(name: str) -> str:
    return ' class="number"' if name in {"before", "after"} else ""


def _rest(review: Review) -> Iterator[str]:
    if not review.exceptions:
        return
    yield "<h2>Exceptions</h2>"
    for one in review.exceptions:
        line = f"{_code(one.rule)} of {_code(one.resource)} until {one.expires}, {one.state}"
        yield f"<details><summary>{line}</summary><p>{escape(one.reason)}</p></details>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
