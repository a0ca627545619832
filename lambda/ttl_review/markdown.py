"""A review as Markdown (GitHub's), with its pictures as files beside it."""

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from ttl_review.blocks import Block, Cell, Change, Chart, Column, Facts, Limits, Note, Report, Section, Table
from ttl_review.contents import report
from ttl_review.model import TtlReview
from ttl_review.picture import Picture

LIMITS = Limits(
    changes=50,
    stays=50,
    objects=200,
    behaviours=50,
    pictures=6,
    findings=100,
    curves=50,
    broken=20,
    path=200,
    sentence=600,
)
# Whatever means something in Markdown or HTML; a backslash before punctuation takes the meaning away (CommonMark, 2.4).
_SPECIAL = re.compile(r"(?i)[\\`*_\[\]<>|~&$@]|:(?=//)|(?<=mailto):|(?<=www)\.|^[-+=#]")
_NUMBERED = re.compile(r"^(\d+)(?=[.)](\s|$))")


def markdown(review: TtlReview, pictures: Sequence[Picture]) -> str:
    """Return it, with links to the pictures by their file names."""
    made = report(review, LIMITS)
    lines = (*_head(made), *(line for section in made.sections for line in _section(section, pictures)))
    return "\n".join(lines) + "\n"


def _head(made: Report) -> Iterator[str]:
    yield f"# {_escaped(made.title)}, {made.days}"
    yield f"\n**{_escaped(made.headline)}.** {_escaped(made.lead)}"
    yield "\n" + " · ".join(f"**{value}** {name}" for value, name in made.tiles)


def _section(section: Section, pictures: Sequence[Picture]) -> Iterator[str]:
    yield f"\n## {section.heading}"
    if section.lead:
        yield f"\n{section.lead}"
    for block in section.blocks:
        yield ""
        yield from _block(block, pictures)


def _block(block: Block, pictures: Sequence[Picture]) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block)
        case Change():
            yield from _change(block)
        case Chart():
            yield from _chart(block, pictures)
        case Facts(pairs):
            yield from (f"- {name}: {_escaped(value)}" for name, value in pairs)
        case Note(text):
            yield _escaped(text)
        case _:
            assert_never(block)


def _change(change: Change) -> Iterator[str]:
    yield f"### {_escaped(change.policy)}: {change.was} → {change.becomes}"
    yield f"\n{_code(change.paths)} · {_code(change.value)}"
    yield f"\n{_escaped(change.reason)}\n"
    yield from (f"- {name}: {value}" for name, value in change.figures)


def _chart(chart: Chart, pictures: Sequence[Picture]) -> Iterator[str]:
    yield f"### {_escaped(chart.policy)}: {_code(chart.paths)}"
    yield from (f"\n![{_escaped(one.alt)}]({one.filename})" for one in pictures if one.name == chart.name)
    yield f"\n{chart.caption}\n"
    yield from _table(chart.table)


def _table(table: Table) -> Iterator[str]:
    if table.name:
        yield f"### {table.name}\n"
    yield _row([column.name for column in table.columns])
    yield _row(["---:" if column.kind in {"number", "ratio"} else "---" for column in table.columns])
    for row in table.rows:
        yield _row([_cell(column, cell) for column, cell in zip(table.columns, row, strict=True)])
    if table.left_out:
        yield f"\nAnd {table.left_out:,} more."


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(column: Column, cell: Cell) -> str:
    match column.kind:
        case "code":
            return _code(cell.text)
        case "word":
            return _escaped(cell.text)
        case "number" | "ratio":
            return cell.text


def _code(text: str) -> str:
    """Return code; what would end it, or the cell that it stands in, is written as addresses have it."""
    return f"`{text.replace('`', '%60').replace('|', '%7C').strip() or ' '}`"


def _escaped(text: str) -> str:
    return _NUMBERED.sub(r"\1\\", _SPECIAL.sub(r"\\\g<0>", text.strip()))
