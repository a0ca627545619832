"""A review as HTML for mails: tables, styles at each element, and colours that a dark window may turn around.

Mail programs that know `prefers-color-scheme` get dark colours of ours; those that turn colours themselves find no
pure white or black, and nothing that is said by a colour alone.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import assert_never

from ttl_review.blocks import Block, Cell, Change, Chart, Column, Facts, Note, Report, Row, Section, Table
from ttl_review.markup import element
from ttl_review.picture import SHOWN_HEIGHT, SHOWN_WIDTH, Picture
from ttl_review.wording import unlinked

PAGE = Template((Path(__file__).parent / "mail.html").read_text(encoding="utf-8"))
BAR = 60
"""Width of a bar in pixels."""

INK, SOFT, LINE, ACCENT = "#1f2421", "#59615d", "#dcdad2", "#0b6e64"
SANS = "'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
CODE = f"font:13px/20px Menlo,Consolas,monospace;color:{INK};background:#f1efe8;word-break:break-all"
WRAP = "overflow-wrap:anywhere"
LABEL = f"font:400 12px/17px {SANS};color:{SOFT};{WRAP}"


def html(made: Report, pictures: Sequence[Picture]) -> str:
    """Write it; pictures are named by `cid:`."""
    rows = [_head(made), _tiles(made.tiles), *(_section(section, pictures) for section in made.sections)]
    preview = _text(f"{made.headline}. {made.lead}")
    return PAGE.substitute(title=_text(made.title), preview=preview, rows="\n".join(rows))


def _head(made: Report) -> str:
    inner = (
        _block_of(_text(f"{made.title} · {made.days}"), size=13, color="#d5ebe6"),
        element(
            "h1",
            _text(made.headline),
            style=f"margin:6px 0 0;font:700 24px/31px {SANS};color:#fdfcf9;{WRAP}",
        ),
        _block_of(_text(made.lead), top=10, size=15, color="#eef7f4"),
    )
    style = f"padding:24px 24px 26px;background:{ACCENT};border-radius:9px 9px 0 0"
    return _row(element("td", "".join(inner), kind="hero pad", bgcolor=ACCENT, style=style))


def _tiles(tiles: Sequence[tuple[str, str]]) -> str:
    cells = (
        element("td", _block_of(_text(figure), size=19, weight=600) + _label(name), width="25%", valign="top")
        for figure, name in tiles
    )
    return _row(element("td", _grid(_row("".join(cells))), kind="pad", style="padding:20px 24px 0"))


def _section(section: Section, pictures: Sequence[Picture]) -> str:
    style = f"margin:0;font:700 20px/27px {SANS};color:{INK}"
    heading = element("h2", section.heading, kind="ink", style=style)
    lead = _block_of(_text(section.lead), top=4) if section.lead else ""
    blocks = "".join(_block(block, pictures) for block in section.blocks)
    return _row(element("td", heading + lead + blocks, kind="pad", style="padding:36px 24px 0"))


def _block(block: Block, pictures: Sequence[Picture]) -> str:
    match block:
        case Table():
            return _table(block)
        case Change():
            return _change(block)
        case Chart():
            return _chart(block, pictures)
        case Facts(pairs):
            rows = (element("td", _label(name), width="30%") + element("td", _value(said)) for name, said in pairs)
            return _grid("".join(map(_row, rows)), top=10)
        case Note(said):
            return _block_of(_text(said), top=12)
        case _:
            assert_never(block)


def _change(change: Change) -> str:
    """A card with a strong edge, since it is what the mail is for."""
    new = element("span", _text(change.becomes), kind="accent", style=f"color:{ACCENT}")
    cells = [
        element("td", _label(name) + _value(said), width="50%", valign="top", style="padding:10px 12px 0 0")
        for name, said in change.figures
    ]
    inner = (
        _block_of(f"{_text(change.policy)}: {_text(change.was)} → {new}", size=18, weight=600),
        _block_of(_code(change.paths), top=4),
        _block_of(_text(change.reason), top=8, size=15),
        _grid("".join(_row("".join(cells[at : at + 2])) for at in range(0, len(cells), 2))),
        _block_of(_code(change.value), top=14),
    )
    style = f"padding:14px 16px 16px;border:1px solid {LINE};border-left:4px solid {ACCENT};border-radius:6px"
    return _grid(_row(element("td", "".join(inner), kind="card edge", style=style)), top=14)


def _chart(chart: Chart, pictures: Sequence[Picture]) -> str:
    style = "display:block;width:100%;max-width:600px;height:auto;margin-top:8px;border:0;border-radius:6px"
    shown = [
        element("img", src=f"cid:{one.name}", alt=one.alt, width=SHOWN_WIDTH, height=SHOWN_HEIGHT, style=style)
        for one in pictures
        if one.name == chart.name
    ]
    name = _block_of(f"{_text(chart.policy)} {_code(chart.paths)}", top=20, size=15, weight=600)
    return name + "".join(shown) + _block_of(_text(chart.caption), top=8)


def _table(table: Table) -> str:
    """A row each of what there is room for, and the rest of it below in small letters."""
    columns = [column for column in table.columns if column.place == "cell"]
    head = "".join(_cell("th", _label(column.name), column, "0 0 6px") for column in columns)
    rows = "".join(_rows(table.columns, row, len(columns)) for row in table.rows)
    name = _block_of(table.name, top=22, size=15, weight=600) if table.name else ""
    more = _label(f"And {table.left_out:,} more.") if table.left_out else ""
    return name + _grid(_row(head) + rows, top=12, role="") + more


def _rows(columns: Sequence[Column], row: Row, width: int) -> str:
    pairs = list(zip(columns, row, strict=True))
    main = (
        _cell("td", _told(column, cell), column, f"9px 0 0;border-top:1px solid {LINE}")
        for column, cell in pairs
        if column.place == "cell"
    )
    below = " · ".join(f"{column.within} {cell.text}" for column, cell in pairs if column.place == "below")
    said = [_block_of(_text(cell.text)) for column, cell in pairs if column.place == "sentence"]
    rest = "".join((*said, _label(_text(below)) if below else ""))
    return _row("".join(main)) + _row(element("td", rest, colspan=width, style="padding:3px 0 10px"))


def _cell(tag: str, inner: str, column: Column, padding: str) -> str:
    if column.kind in {"number", "ratio"}:
        style = f"padding:{padding};padding-left:10px;white-space:nowrap"
        return element(tag, inner, kind="edge", align="right", valign="top", width="17%", style=style)
    return element(tag, inner, kind="edge", align="left", valign="top", style=f"padding:{padding}")


def _told(column: Column, cell: Cell) -> str:
    if column.kind == "code":
        return _code(cell.text)
    return _value(cell.text) + (_bar(cell.ratio) if cell.ratio is not None else "")


def _bar(ratio: float) -> str:
    """Two cells, which every mail program draws."""
    filled = round(min(max(ratio, 0.0), 1.0) * BAR)
    parts = (("fill", ACCENT, filled), ("rest", LINE, BAR - filled))
    cells = (
        element("td", kind=kind, width=width, height=4, bgcolor=color, style="font-size:0;line-height:4px")
        for kind, color, width in parts
        if width
    )
    row = _row("".join(cells))
    return element("table", row, role="presentation", align="right", width=BAR, cellpadding=0, cellspacing=0, border=0)


def _row(cells: str) -> str:
    return element("tr", cells)


def _grid(rows: str, *, top: int = 0, role: str = "presentation") -> str:
    style = f"margin-top:{top}px;border-collapse:separate" if top else ""
    return element("table", rows, role=role, width="100%", cellpadding=0, cellspacing=0, border=0, style=style)


def _block_of(inner: str, *, top: int = 0, size: int = 14, weight: int = 400, color: str = "") -> str:
    """A paragraph; a colour of its own does not change in the dark."""
    font = f"font:{weight} {size}px/{size + 7}px {SANS};color:{color or INK}"
    margin = f"margin:{top}px 0 0;" if top else ""
    return element("div", inner, kind="" if color else "ink", style=f"{margin}{font};{WRAP}")


def _value(text: str) -> str:
    return element("span", _text(text), kind="ink", style=f"font:14px/20px {SANS};color:{INK};{WRAP}")


def _label(inner: str) -> str:
    return element("div", inner, kind="soft", style=LABEL)


def _code(text: str) -> str:
    return element("span", _text(text), kind="ink code", style=CODE)


def _text(text: str) -> str:
    """Return text as HTML that no mail program makes a link of."""
    return unlinked(escape(text), before="", after="&zwnj;")
