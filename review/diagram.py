"""The stacks of a stage and what they have from each other, as an SVG picture: who reads stands right of what is read.

Colours are classes of the page's style sheet: states (`same`, `changed`, `added`, `removed`), and impacts of changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from review.model import Change, Impact, Reference, Stack, State
from review.plain import escape

WIDTH, HEIGHT, ACROSS, DOWN, LANE, EDGE = 190, 78, 44, 26, 14, 12
"""Pixels: a box, what is between boxes, what is between lines below them, what is around all."""
NAME = 20
"""Characters of a name that stand in a box."""
SIGNS: dict[Impact, str] = {
    "replace": "± {} replaced",
    "may_replace": "± {} maybe replaced",
    "remove": "− {} removed",
    "orphan": "− {} left behind",
    "create": "+ {} added",
    "import": "+ {} imported",
    "update": "~ {} changed",
}
"""What a box tells of its changes, worst first; there is room for two."""
STATES: Mapping[State, str] = {"same": "unchanged", "changed": "changed", "added": "new stack", "removed": "removed"}


class Place(NamedTuple):
    """Where a box stands, counted from the left and from above."""

    column: int
    row: int

    @property
    def left(self) -> int:
        """Pixels."""
        return EDGE + self.column * (WIDTH + ACROSS)

    @property
    def top(self) -> int:
        """Pixels."""
        return EDGE + self.row * (HEIGHT + DOWN)

    @property
    def middle(self) -> int:
        """Pixels from above, where lines begin and end."""
        return self.top + HEIGHT // 2


def draw(stage: str, stacks: Iterable[Stack], references: Iterable[Reference], changes: Iterable[Change] = ()) -> str:
    """Return the picture of one stage."""
    shown = sorted((one for one in stacks if one.stage == stage), key=lambda one: one.stack)
    lines = _lines(one for one in references if one.stage == stage)
    places = _places([one.stack for one in shown], [*lines])
    below = max((place.top + HEIGHT for place in places.values()), default=0)
    lanes = _lanes(places, lines, below)
    width = max((place.left + WIDTH for place in places.values()), default=0) + EDGE
    height = max(below, *lanes.values(), 0) + EDGE
    of_stage = [change for change in changes if change.stage == stage]
    # What changes is drawn above what stays.
    in_order = sorted(lines.items(), key=lambda line: (line[1] != "same", line))
    drawn = [
        *(_line(places[reader], places[source], lanes.get(source), state) for (reader, source), state in in_order),
        *(_box(one, places[one.stack], [each for each in of_stage if each.stack == one.stack]) for one in shown),
    ]
    title = escape(f"Stacks of {stage} and what they read of each other")
    head = f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{title}">'
    return "".join([head, *drawn, "</svg>"])


def _lines(references: Iterable[Reference]) -> dict[tuple[str, str], State]:
    """Return a line for each pair of stacks, added or removed only where every reference is."""
    states: dict[tuple[str, str], set[State]] = {}
    for one in references:
        states.setdefault((one.reader, one.producer), set()).add(one.state)
    return {pair: next(iter(found)) if len(found) == 1 else "same" for pair, found in states.items()}


def _places(stacks: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, Place]:
    """Put each stack into the column after the last one that it reads, in the order of names."""
    depths = dict.fromkeys(stacks, 0)
    for _ in stacks:
        for reader, producer in pairs:
            depths[reader] = min(len(stacks), max(depths[reader], depths[producer] + 1))
    rows: dict[int, int] = {}
    places: dict[str, Place] = {}
    for stack in stacks:
        column = depths[stack]
        places[stack] = Place(column, rows.get(column, 0))
        rows[column] = rows.get(column, 0) + 1
    return places


def _lanes(places: Mapping[str, Place], pairs: Iterable[tuple[str, str]], below: int) -> dict[str, int]:
    """Return how far below all boxes the lines of a stack run that would else run behind boxes."""
    far = {source for reader, source in pairs if places[reader].column != places[source].column + 1}
    in_order = sorted(far, key=lambda source: (-places[source].row, -places[source].column))
    return {source: below + LANE * number for number, source in enumerate(in_order, start=1)}


def _line(reader: Place, source: Place, lane: int | None, state: State) -> str:
    """A curve from the right side of what is read to the left side of who reads, with an arrow's head there."""
    start, end = source.left + WIDTH, reader.left
    head = f"M{end - 6} {reader.middle - 4} L{end} {reader.middle} L{end - 6} {reader.middle + 4}"
    if lane is None or reader.column == source.column + 1:
        way = _bend(start, source.middle, end, reader.middle)
    else:
        first, last = start + ACROSS, end - ACROSS
        way = f"{_bend(start, source.middle, first, lane)} H{last} {_bend(last, lane, end, reader.middle)}"
    return f'<path class="{state}" d="M{start} {source.middle} {way} {head}"/>'


def _bend(left: int, top: int, right: int, bottom: int) -> str:
    middle = (left + right) // 2
    return f"C{middle} {top} {middle} {bottom} {right} {bottom}"


def _box(stack: Stack, place: Place, changes: Sequence[Change]) -> str:
    x, y = place.left, place.top
    name = stack.stack if len(stack.stack) <= NAME else f"{stack.stack[: NAME - 1]}…"
    told = [*_told(changes)][:2] or [f"<tspan>{STATES[stack.state]}</tspan>"]
    if stack.state in {"added", "removed"}:
        told = [f'<tspan class="{stack.state}">{STATES[stack.state]}</tspan>']
    counts = '<tspan dx="8"> </tspan>'.join(told)
    return (
        f'<g class="{stack.state}"><rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text class="name" x="{x + 12}" y="{y + 25}">{escape(name)}</text>'
        f'<text class="small" x="{x + 12}" y="{y + 45}">{stack.resources} resources · {escape(stack.region)}</text>'
        f'<text class="small" x="{x + 12}" y="{y + 64}">{counts}</text></g>'
    )


def _told(changes: Sequence[Change]) -> Iterator[str]:
    for impact, sign in SIGNS.items():
        count = sum(change.impact == impact for change in changes)
        if count:
            yield f'<tspan class="{impact}">{sign.format(count)}</tspan>'
