"""The stacks of a stage and what they have from each other, as an SVG picture: who reads stands right of what is read.

Colours are classes of the page's style sheet: `same`, `changed`, `added`, `removed`, and the impacts on resources.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from review.layout import Item, Layout, Pair, laid_out
from review.model import Change, Impact, Reference, Stack, State
from review.plain import escape

WIDTH, HEIGHT, ACROSS, DOWN, LANE, EDGE = 186, 84, 58, 28, 16, 10
"""Pixels: a box, what is between boxes, the height of a line that passes a column, what is around all."""
TIP = 7
NAME, TOLD = 19, 26
"""Characters of a name, and of what changes, that stand in a box."""
SIGNS: dict[Impact, str] = {
    "replace": "± {} replaced",
    "may_replace": "± {} maybe replaced",
    "remove": "− {} removed",
    "orphan": "− {} left behind",
    "create": "+ {} added",
    "import": "+ {} imported",
    "update": "~ {} changed",
}
"""What a box tells of its changes, worst first."""
STATES: Mapping[State, str] = {"same": "unchanged", "changed": "changed", "added": "new", "removed": "removed"}


class Point(NamedTuple):
    """Pixels from the left and from the top."""

    x: int
    y: int


def draw(stage: str, stacks: Iterable[Stack], references: Iterable[Reference], changes: Iterable[Change] = ()) -> str:
    """Return the picture of one stage."""
    shown = {one.stack: one for one in stacks if one.stage == stage}
    lines = _lines(one for one in references if one.stage == stage and {one.reader, one.producer} <= shown.keys())
    layout = laid_out(shown, lines)
    corners = _corners(layout)
    impacts = _impacts(one for one in changes if one.stage == stage)
    ends = _ends(layout, lines, corners)
    drawn = [
        *(_line(line, ends[line], layout.lanes[line], corners, states) for line, states in sorted(lines.items())),
        *(_box(one, corners[_item(layout, name)], impacts.get(name, {})) for name, one in sorted(shown.items())),
    ]
    width = len(layout.columns) * (WIDTH + ACROSS) - ACROSS + 2 * EDGE
    height = max((corner.y + _height(item) for item, corner in corners.items()), default=0) + EDGE
    title = escape(f"Stacks of {stage} and what they have from each other")
    head = f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{title}">'
    return "".join([head, *drawn, "</svg>"])


def _lines(references: Iterable[Reference]) -> dict[Pair, Counter[State]]:
    """Return a line for each pair of stacks, with how many values go along it."""
    states: dict[Pair, Counter[State]] = {}
    for one in references:
        states.setdefault((one.reader, one.producer), Counter())[one.state] += 1
    return states


def _impacts(changes: Iterable[Change]) -> dict[str, Counter[Impact]]:
    counts: dict[str, Counter[Impact]] = {}
    for one in changes:
        counts.setdefault(one.stack, Counter())[one.impact] += 1
    return counts


def _item(layout: Layout, name: str) -> Item:
    return next(item for column in layout.columns for item in column if item.stack == name)


def _height(item: Item) -> int:
    return HEIGHT if item.stack else LANE


def _corners(layout: Layout) -> dict[Item, Point]:
    """Return the upper left corner of each box and lane; columns are in line at their middles."""
    heights = [sum(_height(item) + DOWN for item in column) - DOWN for column in layout.columns]
    corners: dict[Item, Point] = {}
    for number, column in enumerate(layout.columns):
        y = EDGE + (max(heights) - heights[number]) // 2
        for item in column:
            corners[item] = Point(EDGE + number * (WIDTH + ACROSS), y)
            y += _height(item) + DOWN
    return corners


def _ends(layout: Layout, lines: Iterable[Pair], corners: Mapping[Item, Point]) -> dict[Pair, tuple[Point, Point]]:
    """Return where each line leaves a box and where it comes to one: one below the other, so that none cross there."""
    leaving: dict[str, list[tuple[int, Pair]]] = {}
    coming: dict[str, list[tuple[int, Pair]]] = {}
    for line in lines:
        reader, producer = (_item(layout, name) for name in line)
        way = [producer, *layout.lanes[line], reader]
        leaving.setdefault(line[1], []).append((corners[way[1]].y + _height(way[1]) // 2, line))
        coming.setdefault(line[0], []).append((corners[way[-2]].y + _height(way[-2]) // 2, line))
    starts = {
        line: point for name, ordered in leaving.items() for line, point in _ports(ordered, corners, layout, name)
    }
    tips = {line: point for name, ordered in coming.items() for line, point in _ports(ordered, corners, layout, name)}
    return {line: (Point(starts[line].x + WIDTH, starts[line].y), Point(tips[line].x, tips[line].y)) for line in starts}


def _ports(
    ordered: Sequence[tuple[int, Pair]], corners: Mapping[Item, Point], layout: Layout, name: str
) -> Iterator[tuple[Pair, Point]]:
    corner = corners[_item(layout, name)]
    for number, (_, line) in enumerate(sorted(ordered), start=1):
        yield line, Point(corner.x, corner.y + HEIGHT * number // (len(ordered) + 1))


def _line(
    line: Pair,
    ends: tuple[Point, Point],
    lanes: Sequence[Item],
    corners: Mapping[Item, Point],
    states: Counter[State],
) -> str:
    """A curve from the right side of what is read to the left side of who reads, with how many values it is."""
    start, end = ends
    way = f"M{start.x} {start.y}"
    at = start
    for lane in lanes:
        corner = corners[lane]
        y = corner.y + LANE // 2
        way += f"{_curve(at, Point(corner.x, y))} H{corner.x + WIDTH}"
        at = Point(corner.x + WIDTH, y)
    way += _curve(at, Point(end.x - TIP, end.y))
    state: State = next(iter(states)) if len(states) == 1 else "changed"
    tip = f"{end.x},{end.y} {end.x - TIP - 1},{end.y - 4} {end.x - TIP - 1},{end.y + 4}"
    label = _label(states)
    reader, producer = (escape(name) for name in line)
    told = f"{producer} to {reader}: {label}"
    return (
        f'<g class="line {state}"><title>{told}</title><path d="{way}"/><polygon points="{tip}"/>'
        f'<text x="{end.x - TIP - 3}" y="{end.y + 4}">{label}</text></g>'
    )


def _curve(start: Point, end: Point) -> str:
    bend = ACROSS // 2
    return f" C{start.x + bend} {start.y} {end.x - bend} {end.y} {end.x} {end.y}"


def _label(states: Counter[State]) -> str:
    """Return how many values go along a line, `12 +1 −2`: those of before, those added, those removed."""
    signed = (("", states["same"] + states["changed"]), ("+", states["added"]), ("−", states["removed"]))
    return " ".join(f"{sign}{count}" for sign, count in signed if count)


def _box(stack: Stack, corner: Point, impacts: Mapping[Impact, int]) -> str:
    x, y = corner.x + 12, corner.y
    name = stack.stack if len(stack.stack) <= NAME else f"{stack.stack[: NAME - 1]}…"
    worst = next((impact for impact in SIGNS if impacts.get(impact)), "")
    return (
        f'<g class="{stack.state} {worst}"><title>{escape(stack.stack)}: {stack.resources} resources</title>'
        f'<rect class="box" x="{corner.x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text class="name" x="{x}" y="{y + 27}">{escape(name)}</text>'
        f'<text class="small" x="{x}" y="{y + 46}">{escape(stack.region)}</text>'
        f'<text class="small" x="{x}" y="{y + 67}">{_told(stack, impacts)}</text></g>'
    )


def _told(stack: Stack, impacts: Mapping[Impact, int]) -> str:
    """Tell what becomes of a stack: of itself, or of its resources, the worst first."""
    counts = [(impact, sign.format(impacts[impact])) for impact, sign in SIGNS.items() if impacts.get(impact)]
    if stack.state in ("added", "removed") or not counts:
        return f'<tspan class="{stack.state}">{stack.resources} resources, {STATES[stack.state]}</tspan>'
    both = sum(len(told) for _, told in counts[:2]) <= TOLD
    return '<tspan dx="8"> </tspan>'.join(
        f'<tspan class="{impact}">{told}</tspan>' for impact, told in counts[: 2 if both else 1]
    )
