"""A review as a page in one file, which loads nothing and runs nothing."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import assert_never

from ttl_review.blocks import Block, Cell, Change, Chart, Column, Facts, Limits, Note, Section, Table
from ttl_review.contents import report
from ttl_review.drawing import DARK
from ttl_review.markup import element
from ttl_review.model import TtlReview
from ttl_review.picture import SHOWN_HEIGHT, SHOWN_WIDTH, Picture, pictures

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "page.css").read_text(encoding="utf-8")
PAGE = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
LIMITS = Limits(
    changes=50,
    stays=50,
    objects=200,
    behaviours=50,
    pictures=6,
    findings=100,
    curves=50,
    broken=20,
    path=160,
    sentence=1000,
)


def page(review: TtlReview, drawn: Sequence[Picture]) -> str:
    """Write it; the pictures come in light and are drawn in dark beside."""
    made = report(review, LIMITS)
    dark = {one.name: one for one in pictures(review, colours=DARK)} if drawn else {}
    both = {one.name: (one, dark[one.name]) for one in drawn}
    return PAGE.substitute(
        hash=base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode(),
        style=STYLE,
        title=escape(f"{made.title}, {made.days}"),
        days=escape(f"{made.title} · {made.days}"),
        headline=escape(made.headline),
        lead=escape(made.lead),
        tiles=_pairs([(name, figure) for figure, name in made.tiles]),
        links="".join(element("a", one.heading, href=f"#{one.name}") for one in made.sections),
        sections="\n".join(_section(one, both) for one in made.sections),
    )


Pictures = Mapping[str, tuple[Picture, Picture]]


def _section(section: Section, drawn: Pictures) -> str:
    lead = element("p", escape(section.lead)) if section.lead else ""
    charts = "".join(_block(block, drawn) for block in section.blocks if isinstance(block, Chart))
    others = "".join(_block(block, drawn) for block in section.blocks if not isinstance(block, Chart))
    inner = element("h2", section.heading) + lead + others + (element("div", charts, kind="charts") if charts else "")
    return element("section", inner, id=section.name)


def _block(block: Block, drawn: Pictures) -> str:
    match block:
        case Table():
            return _table(block)
        case Change():
            return _change(block)
        case Chart():
            return _chart(block, drawn)
        case Facts(pairs):
            return element("dl", _pairs(pairs), kind="facts")
        case Note(said):
            return element("p", escape(said))
        case _:
            assert_never(block)


def _change(change: Change) -> str:
    heading = f"{escape(change.policy)}: {escape(change.was)} → {element('b', escape(change.becomes))}"
    inner = (
        element("h3", heading),
        _code(change.paths),
        element("p", escape(change.reason)),
        element("dl", _pairs(change.figures)),
        _code(change.value),
    )
    return element("div", "".join(inner), kind="change")


def _chart(chart: Chart, drawn: Pictures) -> str:
    image = _picture(*drawn[chart.name]) if chart.name in drawn else ""
    tried = element("details", element("summary", "All TTLs that were tried") + _table(chart.table))
    heading = element("h3", f"{escape(chart.policy)} {_code(chart.paths)}")
    return element("figure", heading + image + element("figcaption", escape(chart.caption)) + tried)


def _picture(light: Picture, dark: Picture) -> str:
    media = "(prefers-color-scheme: dark)"
    image = element("img", src=_data(light), alt=light.alt, width=SHOWN_WIDTH, height=SHOWN_HEIGHT)
    return element("picture", element("source", srcset=_data(dark), media=media) + image)


def _data(picture: Picture) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"


def _table(table: Table) -> str:
    head = "".join(element("th", escape(column.name), scope="col", kind=_kind(column)) for column in table.columns)
    rows = (
        element("tr", "".join(_cell(column, cell) for column, cell in zip(table.columns, row, strict=True)))
        for row in table.rows
    )
    name = element("h3", table.name) if table.name else ""
    inner = element("table", element("thead", element("tr", head)) + element("tbody", "".join(rows)))
    more = element("p", f"And {table.left_out:,} more.", kind="more") if table.left_out else ""
    # Who has no mouse scrolls what has the focus.
    return name + element("div", inner, kind="scroll", tabindex=0) + more


def _cell(column: Column, cell: Cell) -> str:
    inner = _code(cell.text) if column.kind == "code" else escape(cell.text)
    return element("td", inner + (_bar(cell.ratio) if cell.ratio is not None else ""), kind=_kind(column))


def _kind(column: Column) -> str:
    return f"{column.kind} sentence" if column.place == "sentence" else column.kind


def _bar(ratio: float) -> str:
    filled = round(min(max(ratio, 0.0), 1.0) * 64)
    bars = (element("rect", kind=kind, width=width, height=4, rx=2) for kind, width in (("rest", 64), ("fill", filled)))
    return element("svg", "".join(bars), viewBox="0 0 64 4", role="presentation")


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return "".join(element("div", element("dt", escape(name)) + element("dd", escape(said))) for name, said in pairs)


def _code(text: str) -> str:
    return element("code", escape(text))
