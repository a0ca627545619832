"""A text that never is longer than it may be, in which every part has its share of the room."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple


class Entry(NamedTuple):
    """Something told with its details or, where there is no room for these, in a line."""

    line: str
    details: str = ""


class Part(NamedTuple):
    """A part of the text; `begin` and `end` stand whatever becomes of the entries."""

    begin: str
    entries: Sequence[Entry] = ()
    end: str = ""


def fitted(parts: Sequence[Part], *, most: int, rest: str) -> str:
    """Return the parts, each with the entries that fit into half of the room that is left; `rest` says where more is.

    So what comes first has most, and even the last has some. Where not even begins and ends fit, the last parts go.
    """
    smallest = [len(_text(part, (), len(part.entries), rest)) for part in parts]
    left_out = f"…and more than fits here, see {rest}\n"
    if sum(smallest) > most:
        fits = sum(size <= most - len(left_out) for size in accumulate(smallest))
        return fitted(parts[:fits], most=most - len(left_out), rest=rest) + left_out
    room = most - sum(smallest)
    texts: list[str] = []
    for number, part in enumerate(parts, start=1):
        share = room if number == len(parts) else room // 2
        shown = [*_shown(part.entries, share)]
        room -= sum(map(len, shown))
        texts.append(_text(part, shown, len(part.entries) - len(shown), rest))
    return "".join(texts)


def _shown(entries: Sequence[Entry], room: int) -> Iterator[str]:
    for line, details in entries:
        whole = f"{line}\n{details}\n" if details else f"{line}\n"
        text = whole if len(whole) <= room else f"{line}\n"
        if len(text) > room:
            return
        room -= len(text)
        yield text


def _text(part: Part, shown: Sequence[str], left_out: int, rest: str) -> str:
    more = f"- …and {left_out:,} more, see {rest}\n" if left_out else ""
    between = "\n" if part.entries else ""
    end = f"\n{part.end}\n" if part.end else ""
    return f"{part.begin}\n{between}{''.join(shown)}{more}{end}\n"
