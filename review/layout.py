"""Where the stacks of a picture stand: who reads stands right of what is read, and no line runs below a box."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

SWEEPS = 4
"""How often the order within columns is made better; more changes nothing for stacks as there are."""

Pair = tuple[str, str]
"""Who reads, and what is read."""


class Item(NamedTuple):
    """A stack in a column, or the lane in which a line passes a column."""

    stack: str
    """Empty for a lane."""
    line: Pair = ("", "")
    column: int = 0


class Layout(NamedTuple):
    """Columns from left to right with what stands in each from top to bottom, and the lanes of each line."""

    columns: list[list[Item]]
    lanes: Mapping[Pair, Sequence[Item]]


def laid_out(stacks: Iterable[str], pairs: Iterable[Pair]) -> Layout:
    """Return the layout; the same stacks and pairs in any order are laid out the same."""
    names, lines = sorted(stacks), sorted(pairs)
    depths = _depths(names, lines)
    lanes = {line: [Item("", line, column) for column in range(depths[line[1]] + 1, depths[line[0]])] for line in lines}
    columns: list[list[Item]] = [[] for _ in {*depths.values()}]
    for name in names:
        columns[depths[name]].append(Item(name, column=depths[name]))
    for items in lanes.values():
        for item in items:
            columns[item.column].append(item)
    return Layout(_untangled(columns, _neighbours(columns, lines, lanes)), lanes)


def _depths(names: Sequence[str], lines: Sequence[Pair]) -> dict[str, int]:
    """Return the column of each stack: after the last one that it reads."""
    depths = dict.fromkeys(names, 0)
    for _ in names:
        for reader, producer in lines:
            # Stacks that read each other would else be driven right without end.
            depths[reader] = min(len(names), max(depths[reader], depths[producer] + 1))
    used = sorted({*depths.values()})
    return {name: used.index(depth) for name, depth in depths.items()}


def _neighbours(
    columns: Sequence[Sequence[Item]], lines: Sequence[Pair], lanes: Mapping[Pair, Sequence[Item]]
) -> dict[Item, list[Item]]:
    of_stack = {item.stack: item for column in columns for item in column if item.stack}
    neighbours: dict[Item, list[Item]] = {item: [] for column in columns for item in column}
    for reader, producer in lines:
        way = [of_stack[producer], *lanes[reader, producer], of_stack[reader]]
        for left, right in pairwise(way):
            neighbours[left].append(right)
            neighbours[right].append(left)
    return neighbours


def _untangled(columns: list[list[Item]], neighbours: Mapping[Item, Sequence[Item]]) -> list[list[Item]]:
    """Order each column by the middle of what its items are tied to in the columns beside it, to and fro."""
    for sweep in range(SWEEPS):
        step = -1 if sweep % 2 == 0 else 1
        order = range(len(columns)) if step < 0 else reversed(range(len(columns)))
        for column in order:
            if 0 <= column + step < len(columns):
                columns[column] = _ordered(columns[column], columns[column + step], neighbours)
    return columns


def _ordered(items: list[Item], beside: list[Item], neighbours: Mapping[Item, Sequence[Item]]) -> list[Item]:
    height = {item: (at + 0.5) / len(beside) for at, item in enumerate(beside)}
    own = {item: (at + 0.5) / len(items) for at, item in enumerate(items)}

    def middle(item: Item) -> float:
        tied = [height[one] for one in neighbours[item] if one in height]
        return sum(tied) / len(tied) if tied else own[item]

    return sorted(items, key=lambda item: (round(middle(item), 9), own[item]))
