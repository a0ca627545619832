"""The text part of a mail: lines that fit a window of 78 characters, but for what has no gap to break at."""

import textwrap
from collections.abc import Iterator
from typing import assert_never

from ttl_review.blocks import Block, Cell, Change, Chart, Column, Facts, Note, Report, Section, Table
from ttl_review.wording import GAP, unlinked

WIDTH = 78
INDENT = "  "


def text(made: Report) -> str:
    """Write it."""
    lines = (*_head(made), *(line for section in made.sections for line in _section(section)))
    return unlinked("\n".join(lines).replace(GAP, " ")) + "\n"


def _head(made: Report) -> Iterator[str]:
    yield from _wrapped(f"{made.title}, {made.days}")
    yield ""
    yield from _wrapped(made.headline.upper())
    yield ""
    yield from _wrapped(made.lead)
    yield ""
    yield from _wrapped(" · ".join(f"{value} {name}" for value, name in made.tiles))


def _section(section: Section) -> Iterator[str]:
    yield from ("", "", section.heading, "-" * len(section.heading))
    yield from _wrapped(section.lead)
    for block in section.blocks:
        yield ""
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block)
        case Change():
            yield from _wrapped(f"* {block.policy}: {block.value}", INDENT)
            yield from _wrapped(f"{block.was} → {block.becomes}, for {block.paths}", INDENT, INDENT)
            yield from _wrapped(block.reason, INDENT, INDENT)
            yield from (f"{INDENT}- {name}: {value}" for name, value in block.figures)
        case Chart():
            yield from _wrapped(f"* {block.policy}: {block.paths}", INDENT)
            yield from _wrapped(block.caption, INDENT, INDENT)
        case Facts(pairs):
            for name, value in pairs:
                yield from _wrapped(f"{name}: {value}", INDENT)
        case Note(said):
            yield from _wrapped(said)
        case _:
            assert_never(block)


def _table(table: Table) -> Iterator[str]:
    if table.name:
        yield f"{table.name}:"
    for row in table.rows:
        yield from _row(table.columns, row)
    if table.left_out:
        yield f"And {table.left_out:,} more."


def _row(columns: tuple[Column, ...], row: tuple[Cell, ...]) -> Iterator[str]:
    """Write what it is about on a line, what is said of it on the next ones."""
    yield from _wrapped(f"* {row[0].text}", INDENT)
    rest = list(zip(columns, row, strict=True))[1:]
    said = [f"{column.within}{GAP}{cell.text}" for column, cell in rest if column.place != "sentence"]
    yield from _wrapped(" · ".join(said), INDENT, INDENT)
    for column, cell in rest:
        if column.place == "sentence":
            yield from _wrapped(cell.text, INDENT, INDENT)


def _wrapped(said: str, indent: str = "", first: str = "") -> list[str]:
    return textwrap.wrap(
        said,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
