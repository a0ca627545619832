"""The review as one page: without scripts, without anything from elsewhere, light and dark."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from review.compared import Line, compared
from review.diagram import draw
from review.markdown import IMPACTS
from review.model import Change, CostLine, Permission, PropertyChange, Reference, Review
from review.offered import offered
from review.permissions import spelled
from review.plain import escape
from review.together import Place, Told, together

STYLE = "\n" + (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
LINES, LONGEST = 2_000, 20_000
"""Of one value: how many lines, of how many characters."""
FEW = 10
"""Changes of a stack that are shown unfolded."""
DANGEROUS = {"replace", "may_replace", "remove", "orphan"}
KEYS = {"changed": "changed", "replace": "replaces or removes", "added": "added", "removed": "removed"}
"""Of the diagrams."""
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
    # Nothing runs or is fetched, whatever the page is made of, and no style applies but its own.
    policy = f"default-src 'none'; style-src 'sha256-{HASH}'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>\n" + "\n".join(parts) + "\n</main></body></html>\n"
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
        picture = draw(stage, review.stacks, review.references, review.changes)
        yield f'<h3>{escape(stage)}</h3><div class="scroll" tabindex="0">{picture}</div>'
    keys = "".join(f'<li class="{state}">{meaning}</li>' for state, meaning in KEYS.items())
    yield f'<ul class="keys soft">{keys}<li>arrows lead to who reads, with how many values</li></ul>'
    moved = [one for one in review.references if one.state != "same"]
    if moved:
        rows = "".join(map(_reference, moved))
        head = "".join(f'<th scope="col">{name}</th>' for name in ("stage", "who reads", "what", "by", "is"))
        yield _folded(
            f"References added or removed ({len(moved)})",
            f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>',
        )


def _reference(one: Reference) -> str:
    cells = (
        one.stage,
        f"{one.reader}/{one.reader_id}",
        f"{one.producer}/{one.producer_id or one.name}",
        one.via,
        one.state,
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _findings(review: Review) -> Iterator[str]:
    new = [one for one in review.findings if one.new and not one.acknowledged]
    known = [one for one in review.findings if not one.new and not one.acknowledged]
    accepted = [one for one in review.findings if one.acknowledged]
    yield f"<h2>{len(new) or 'No'} new findings</h2>" if len(new) != 1 else "<h2>1 new finding</h2>"
    yield "".join(map(_finding, together(new)))
    for told, findings in (("that the base has too", known), ("accepted, each with its reason", accepted)):
        if findings:
            yield _folded(f"{len(findings)} {told}", "".join(map(_finding, together(findings))))


def _finding(told: Told) -> str:
    finding, places = told
    severity = finding.severity.value
    gates = ' <b class="gates">gates</b>' if finding.gates else ""
    where, *others = [_place(place) for place in places]
    more = f" and {len(others)} more" if others else ""
    about = " · ".join(part for part in (f"{where}{more}", _code(finding.rule), escape(finding.source)) if part)
    title = f"<span>{escape(finding.title)}{gates}<small>{about}</small></span>"
    line = f'<span class="tag {severity}">{severity}</span>{title}'
    listed = f"<ul>{''.join(f'<li>{place}</li>' for place in (where, *others))}</ul>" if others else ""
    reason = f"<p>Accepted: {escape(finding.acknowledged)}</p>" if finding.acknowledged else ""
    inner = f"{reason}{_pair(finding.before, finding.after)}{listed}{offered(finding)}"
    if not inner:
        return f'<div class="card line">{line}</div>'
    return f"<details{' open' if finding.gates else ''}><summary class='line'>{line}</summary>{inner}</details>"


def _place(place: Place) -> str:
    return escape(" in ".join(part for part in (place.resource, " and ".join(place.stages)) if part))


def _changes(review: Review) -> Iterator[str]:
    yield "<h2>Resources</h2>"
    places = sorted({(one.stage, one.stack) for one in (*review.changes, *review.sections, *review.permissions)})
    for stage, stack in places:
        changes = [one for one in review.changes if (one.stage, one.stack) == (stage, stack)]
        in_order = sorted(changes, key=lambda one: (one.asset_only, [*IMPACTS].index(one.impact)))
        inner = "".join((*map(_change, in_order), *_beside(stage, stack, review)))
        open_ = " open" if len(changes) <= FEW or any(one.impact in DANGEROUS for one in changes) else ""
        title = f"<h3>{escape(stage)} · {escape(stack)}</h3> <span class='soft'>{_told(changes)}</span>"
        yield f"<details class='stack'{open_}><summary>{title}</summary><div>{inner}</div></details>"


def _told(changes: Sequence[Change]) -> str:
    counts = {impact: sum(change.impact == impact for change in changes) for impact in IMPACTS}
    told = [f"{count} {IMPACTS[impact]}" for impact, count in counts.items() if count]
    return ", ".join(told) or "no resource changes"


def _change(change: Change) -> str:
    note = " · code alone" if change.asset_only else ""
    line = (
        f'<span class="tag {change.impact}">{IMPACTS[change.impact]}</span>'
        f"<span class='resource'>{_code(change.where)}<small>{escape(change.resource_type)}{note}</small></span>"
    )
    rows = "".join(
        f"<h4>{escape(_name(one))}</h4>{_pair(one.before, one.after)}"
        for one in (*change.properties, *change.attributes)
    )
    logical_id = f'<p class="soft">{_code(change.logical_id)}</p>'
    return f"<details><summary class='line'>{line}</summary>{logical_id}{rows}</details>"


def _name(change: PropertyChange) -> str:
    replacement = {"never": "", "may": " (may replace)", "will": " (replaces)"}[change.causes_replacement]
    because = f", because of {', '.join(change.replaced)}" if change.replaced else ""
    return f"{change.name}{replacement}{because}"


def _beside(stage: str, stack: str, review: Review) -> Iterator[str]:
    """Yield what a stack has beside its resources, and whom it lets do what."""
    sections = [one for one in review.sections if (one.stage, one.stack) == (stage, stack)]
    permissions = [one for one in review.permissions if (one.stage, one.stack) == (stage, stack)]
    if sections:
        inner = "".join(
            f"<h4>{escape(f'{one.section} {one.name}')}</h4>{_pair(one.before, one.after)}" for one in sections
        )
        yield _folded(f"Outputs, parameters and the like ({len(sections)})", inner)
    if permissions:
        yield _folded(f"Permissions ({len(permissions)})", "".join(map(_permission, permissions)))


def _permission(one: Permission) -> str:
    value = spelled(one.value)
    return f"<h4>{KINDS[one.kind]}</h4>{_pair(*((None, value) if one.added else (value, None)))}"


def _pair(before: Any, after: Any) -> str:  # noqa: ANN401 (any JSON)
    """Return two values beside each other, with the lines that differ marked; one alone where there is no other."""
    if before is None and after is None:
        return ""
    lines, alone = compared(before, after), before is None or after is None
    values = [
        f'<div><span class="soft">{name}</span><pre>{_lines(lines, mark, "" if alone else tag)}</pre></div>'
        for name, mark, tag, value in (("before", "-", "del", before), ("after", "+", "ins", after))
        if value is not None
    ]
    return f'<div class="pair">{"".join(values)}</div>'


def _lines(lines: Sequence[Line], mark: str, tag: str) -> str:
    """Return the lines of one side, those that the other does not have in a tag."""
    own = [line for line in lines if line.mark in {" ", mark}]
    shown: list[str] = []
    for line in own[:LINES]:
        text = escape(line.text if len(line.text) <= LONGEST else f"{line.text[:LONGEST]} …")
        # A block of its own ends its line itself.
        shown.append(f"<{tag}>{text or ' '}</{tag}>" if tag and line.mark == mark else f"{text}\n")
    return "".join(shown) + (f"…and {len(own) - LINES} more lines" if len(own) > LINES else "")


def _folded(summary: str, inner: str) -> str:
    return f"<details><summary>{escape(summary)}</summary><div>{inner}</div></details>"


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
        yield _folded(f"What there is no price for ({len(review.cost.unpriced)})", f"<ul>{items}</ul>")


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
