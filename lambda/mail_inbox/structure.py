"""The parts of a mail, found without copying them.

The standard library would take the whole mail apart into lines: 1 GB for 30 MB of short lines, and it calls itself for
each level of nesting. Here a part is two offsets, and the search has bounds: it visits every byte once for each level.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from mail_inbox.fields import MAX_PARAMETER_CHARACTERS, Field, first, parameters, printable, split

# Amazon SES developer guide, "Service quotas in Amazon SES": MIME parts of a message that can be sent on.
MAX_PARTS = 500
MAX_DEPTH = 20
# Places that look like a boundary, in all parts together.
MAX_LOOKS = 100_000
# Characters that say how parts are typed and named, in all parts together: 200 in each of as many as may be. They cost
# the library four seconds at worst, where the longest that are read of each would cost it forty.
MAX_CHARACTERS = 100_000
# RFC 2046, 5.1.1: boundaries have at most 70 characters; some programs write longer ones.
MAX_BOUNDARY = 200

# What may stand behind a boundary on its line.
REST = re.compile(rb"(?P<last>--)?[ \t]*(?:\r\n|\r|\n|\Z)")


class StructureError(Exception):
    """A mail with more parts, levels or boundaries than any honest one; the text says which."""


class Part(Struct, frozen=True, kw_only=True):
    """One part that has no parts of its own, between two offsets of the mail."""

    type: str
    """Its MIME type, in lower case."""
    name: str
    """The name of its file, printable; empty where it has none."""
    is_attachment: bool
    """Whether it is a file: because it says so, or because it has a name."""
    encoding: str
    """Its transfer encoding, in lower case."""
    start: int
    end: int

    def size(self, raw: bytes) -> int:
        """How many bytes it has once decoded, counted without decoding it."""
        length, signs = self.end - self.start, raw.count(b"=", self.start, self.end)
        match self.encoding:
            case "base64":
                blanks = sum(raw.count(blank, self.start, self.end) for blank in (b"\r", b"\n", b" ", b"\t"))
                return (length - blanks - signs) * 3 // 4
            case "quoted-printable":
                # An equals sign and two digits stand for one byte, and one at the end of a line for nothing.
                return max(0, length - 2 * signs - raw.count(b"=\r\n", self.start, self.end))
            case _:
                return length


class Region(Struct, frozen=True):
    """Where a part with its header stands, and how deep."""

    start: int
    end: int
    depth: int


def parts(raw: bytes) -> Iterator[Part]:
    """Every part of the mail that has no parts of its own, in their order; a mail in a mail counts as one.

    Raises StructureError and HeaderError for a mail that nobody would send in honesty.
    """
    waiting = [Region(0, len(raw), 0)]
    found, bounds = 0, Bounds()
    while waiting:
        region = waiting.pop()
        found += 1
        if found > MAX_PARTS:
            raise StructureError(f"more than {MAX_PARTS} parts")
        if region.depth > MAX_DEPTH:
            raise StructureError(f"parts nested more than {MAX_DEPTH} deep")
        fields, body = split(raw, start=region.start, end=region.end)
        bounds.characters(fields)
        kind, typed = parameters(fields, "content-type")
        inner: list[Region] = []
        if kind.startswith("multipart/"):
            boundary = typed.get("boundary", "").rstrip().encode("utf-8", "replace")
            inner = _inner(raw, Region(body, region.end, region.depth + 1), boundary=boundary, bounds=bounds)
            waiting += reversed(inner)
        if not inner:
            yield _part(fields, kind=kind, typed=typed, body=Region(body, region.end, region.depth))


def _part(fields: list[Field], *, kind: str, typed: Mapping[str, str], body: Region) -> Part:
    disposition, given = parameters(fields, "content-disposition")
    name = printable(given.get("filename") or typed.get("name") or "")
    return Part(
        # RFC 2045, 5.2: text where nothing is said that can be read.
        type=printable(kind) or "text/plain",
        name=name,
        is_attachment=disposition == "attachment" or bool(name),
        encoding=first(fields, "content-transfer-encoding").lower(),
        start=body.start,
        end=body.end,
    )


class Bounds:
    """Counts what the parts of one mail have together; raises StructureError where it is too much."""

    def __init__(self) -> None:
        self._looks = MAX_LOOKS
        self._characters = MAX_CHARACTERS

    def look(self) -> None:
        """Count one place that looks like a boundary."""
        self._looks -= 1
        if self._looks < 0:
            raise StructureError(f"more than {MAX_LOOKS} places that look like a boundary")

    def characters(self, fields: list[Field]) -> None:
        """Count what is read of how a part is typed and named."""
        self._characters -= sum(
            min(len(first(fields, name)), MAX_PARAMETER_CHARACTERS) for name in ("content-type", "content-disposition")
        )
        if self._characters < 0:
            raise StructureError(f"more than {MAX_CHARACTERS} characters say how the parts are typed and named")


def _inner(raw: bytes, body: Region, *, boundary: bytes, bounds: Bounds) -> list[Region]:
    """The parts of a multipart body; none where its boundary cannot be found."""
    if not 0 < len(boundary) <= MAX_BOUNDARY:
        return []
    regions: list[Region] = []
    start: int | None = None
    for before, behind, last in _boundaries(raw, b"--" + boundary, body, bounds=bounds):
        if start is not None:
            regions.append(Region(start, max(start, before), body.depth))
        start = None if last else behind
        if last:
            break
    if start is not None:
        regions.append(Region(start, body.end, body.depth))
    return regions


def _boundaries(raw: bytes, mark: bytes, body: Region, *, bounds: Bounds) -> Iterator[tuple[int, int, bool]]:
    """Each line that is a boundary: where what stands before it ends, where the next begins, whether it is the last."""
    at = body.start - 1
    while (at := raw.find(mark, at + 1, body.end)) >= 0:
        bounds.look()
        rest = REST.match(raw, at + len(mark), body.end)
        if rest and (at == body.start or raw[at - 1 : at] in (b"\n", b"\r")):
            # The line break before a boundary belongs to the boundary (RFC 2046, 5.1.1).
            before = at - 2 if raw[at - 2 : at] == b"\r\n" else at - 1
            yield before, rest.end(), rest["last"] is not None
