"""What a report is made of, whatever it is written in: HTML for mails, text, Markdown or a page."""

from typing import Literal, Self

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """How much of each a report says; what is left out is counted."""

    changes: int
    stays: int
    objects: int
    behaviours: int
    pictures: int
    findings: int
    curves: int
    broken: int
    path: int
    """Characters of a path, a pattern or a name."""
    sentence: int
    """Characters of a sentence."""

    def narrower(self) -> Self:
        """Return three quarters of it, but one of each and a word."""
        less = {name: max(getattr(self, name) * 3 // 4, 1) for name in self.__struct_fields__}
        return type(self)(**{**less, "path": max(less["path"], 16), "sentence": max(less["sentence"], 40)})


class Column(Struct, frozen=True):
    """One column; where there is no room for all, some stand below the others' row."""

    name: str
    kind: Literal["code", "word", "number", "ratio"] = "number"
    place: Literal["cell", "below", "sentence"] = "cell"

    @property
    def within(self) -> str:
        """The name within a sentence: TTL stays TTL."""
        return self.name if self.name[:2].isupper() else f"{self.name[:1].lower()}{self.name[1:]}"


class Cell(Struct, frozen=True):
    """One value of a table."""

    text: str
    ratio: float | None = None
    """Drawn as a bar, where that can be."""


Row = tuple[Cell, ...]


class Table(Struct, frozen=True, kw_only=True):
    """Columns, and as many rows as there is room for."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    left_out: int = 0


class Change(Struct, frozen=True, kw_only=True):
    """A value to change."""

    policy: str
    value: str
    """As in stacks/ttl.py: setting = old → new."""
    paths: str
    """The path or pattern that it is for."""
    was: str
    """The old value, as people say it."""
    becomes: str
    reason: str
    figures: tuple[tuple[str, str], ...]
    """What it is called, and what it is."""


class Chart(Struct, frozen=True, kw_only=True):
    """A picture, and what it says in words and figures."""

    name: str
    """Of the picture; empty: there is none."""
    paths: str
    policy: str
    caption: str
    table: Table


class Facts(Struct, frozen=True):
    """What it is called, and what it is."""

    pairs: tuple[tuple[str, str], ...]


class Note(Struct, frozen=True):
    """A paragraph."""

    text: str


Block = Table | Change | Chart | Facts | Note


class Section(Struct, frozen=True, kw_only=True):
    """A heading, and what stands below it."""

    name: str
    """For links."""
    heading: str
    lead: str
    blocks: tuple[Block, ...]


class Report(Struct, frozen=True, kw_only=True):
    """All that a report says."""

    title: str
    days: str
    headline: str
    lead: str
    tiles: tuple[tuple[str, str], ...]
    """A figure, and what it is."""
    sections: tuple[Section, ...]
