"""Two values line by line, as JSON: what went, what came and what stayed."""

import difflib
import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Mark = Literal[" ", "-", "+"]
MOST = 600
"""Lines of a value that are compared; the time that this takes grows with their square."""


class Line(NamedTuple):
    """A line of both values, of the one before or of the one after."""

    mark: Mark
    text: str


def lines(value: Any) -> list[str]:  # noqa: ANN401 (any JSON)
    """Return a value as people read it, a text as it is; what is not there has no lines."""
    if value is None:
        return []
    text = value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return text.split("\n")


def compared(before: Any, after: Any) -> list[Line]:  # noqa: ANN401 (any JSON)
    """Return the lines of two values, those of the one before first where they differ."""
    old, new = lines(before), lines(after)
    if max(len(old), len(new)) > MOST:
        return [*(Line("-", text) for text in old), *(Line("+", text) for text in new)]
    return [*_compared(old, new)]


def _compared(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            yield from (Line(" ", text) for text in old[start:end])
        else:
            yield from (Line("-", text) for text in old[start:end])
            yield from (Line("+", text) for text in new[new_start:new_end])
