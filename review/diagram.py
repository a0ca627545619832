"""The stacks of a stage and what they have from each other, as an SVG picture: who reads stands right of what is read.

Colours are classes of the page's style sheet: `same`, `changed`, `added`, `removed`.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from review.model import Reference, Stack, State

WIDTH, HEIGHT, ACROSS, DOWN, EDGE = 166, 72, 70, 24, 12
"""Pixels: a box, what is between boxes, what is around all."""

Place = tuple[int, int]
"""Column and row."""


def draw(stage: str, stacks: Iterable[Stack], references: Iterable[Reference]) -> str:
    """Return the picture of one stage."""
    shown = sorted((one for one in stacks if one.stage == stage), key=lambda one: one.stack)
    lines = _lines(one for one in references if one.stage == stage)
    places = _places([one.stack for one in shown], [*lines])
    columns = max((column for column, _ in places.values()), default=0) + 1
    rows = max((row for _, row in places.values()), default=0) + 1
    width = columns * (WIDTH + ACROSS) - ACROSS + 2 * EDGE
    height = rows * (HEIGHT + DOWN) - DOWN + 2 * EDGE
    drawn = [
        *(_line(places[reader], places[producer], state) for (reader, producer), state in sorted(lines.items())),
        *(_box(one, places[one.stack]) for one in shown),
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
        places[stack] = (column, rows.get(column, 0))
        rows[column] = rows.get(column, 0) + 1
    return places


def _corner(place: Place) -> tuple[int, int]:
    return EDGE + place[0] * (WIDTH + ACROSS), EDGE + place[1] * (HEIGHT + DOWN)


def _line(reader: Place, producer: Place, state: State) -> str:
    """A curve from the right side of what is read to the left side of who reads."""
    (left, top), (from_left, from_top) = _corner(reader), _corner(producer)
    start, end = (from_left + WIDTH, from_top + HEIGHT // 2), (left, top + HEIGHT // 2)
    bend = ACROSS // 2
    way = f"M{start[0]} {start[1]} C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} {end[0]} {end[1]}"
    return f'<path class="{state}" d="{way}"/>'


def _box(stack: Stack, place: Place) -> str:
    x, y = _corner(place)
    told: Mapping[State, str] = {"same": "unchanged", "changed": "changed", "added": "added", "removed": "removed"}
    small = (f"{stack.resources} resources, {told[stack.state]}", stack.region)
    lines = "".join(
        f'<text class="small" x="{x + 12}" y="{y + 42 + 17 * line}">{escape(text)}</text>'
        for line, text in enumerate(small)
    )
    return (
        f'<g class="{stack.state}"><rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text x="{x + 12}" y="{y + 24}">{escape(stack.stack)}</text>'
        f"{lines}</g>"
    )
