"""Standard logs of the legacy kind: gzip, tab-separated, the fields in a line at the top of each file.

Source: "Standard logging (legacy)", Log file format, Amazon CloudFront Developer Guide.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ttl_review.engine import Unreadable
from ttl_review.model import BrokenLine

EXAMPLES = 20
"""Broken lines that are named; all are counted."""
CHUNK = 8_000_000
"""Bytes of lines at a time."""
# An address has up to 8,192 bytes and all headers together 20 KB, each byte of which may take three.
LONGEST = 131_072
_FIELDS = b"#Fields:"
_FIRST = (b"date", b"time")
_MOMENT = re.compile(rb"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\t(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\t")


class Broken:
    """Counts what cannot be read, and names the first of it."""

    def __init__(self) -> None:
        self._lines = 0
        self._examples: list[BrokenLine] = []

    def add(self, file: str, line: int, reason: str, *, lines: int = 1) -> None:
        """Note a line, or so many of which this is the first; line 0 is a file as a whole."""
        self._lines += lines
        if len(self._examples) < EXAMPLES:
            self._examples.append(BrokenLine(file=file, line=line, reason=reason))

    @property
    def noted(self) -> Unreadable:
        """All so far."""
        return Unreadable(lines=self._lines, examples=tuple(self._examples))


@dataclass(kw_only=True)
class _Chunk:
    """Lines whose fields are the same."""

    fields: tuple[bytes, ...] = ()
    lines: list[bytes] = field(default_factory=list[bytes])
    size: int = 0

    def add(self, line: bytes) -> None:
        self.lines.append(line)
        self.size += len(line)

    def taken(self) -> tuple[tuple[str, ...], bytes]:
        """Return fields and lines, and forget the lines."""
        whole = b"\n".join(self.lines) + b"\n"
        self.lines, self.size = [], 0
        return tuple(name.decode() for name in self.fields), whole


def chunks(path: Path, broken: Broken) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield the names of the fields and sound lines of a file, some megabytes at a time.

    Every line yielded is UTF-8, begins with a date and a time of day, and has a value for each field. Files that have
    been put together, as CloudFront's guide recommends, have their headers in the middle too.
    """
    chunk = _Chunk()
    for number, line in _lines(path, broken):
        if line.startswith(b"#"):
            if line.startswith(_FIELDS):
                if chunk.lines:
                    yield chunk.taken()
                chunk.fields = tuple(line[len(_FIELDS) :].split())
            continue
        reason = _fault(line, chunk.fields)
        if reason:
            broken.add(path.name, number, reason)
            continue
        chunk.add(line)
        if chunk.size >= CHUNK:
            yield chunk.taken()
    if chunk.lines:
        yield chunk.taken()


def _fault(line: bytes, fields: tuple[bytes, ...]) -> str:
    """Say why a line cannot be read; empty: it can."""
    values = line.count(b"\t") + 1
    if fields[:2] != _FIRST:
        return "no #Fields line before it that begins with date and time"
    if values != len(fields):
        return f"{values} values for {len(fields)} fields"
    if not _MOMENT.match(line):
        return "no date and time at its beginning"
    if b"\r" in line:
        return "a carriage return within it"
    return "" if line.isascii() or _is_text(line) else "not UTF-8"


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _lines(path: Path, broken: Broken) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are no longer than can be, with their numbers; empty ones are nothing."""
    number = 0
    try:
        with gzip.open(path) as file:
            while line := file.readline(LONGEST):
                number += 1
                if len(line) == LONGEST and not line.endswith(b"\n"):
                    _skip(file)
                    broken.add(path.name, number, f"longer than {LONGEST} bytes")
                    continue
                line = line.rstrip(b"\r\n")
                if line:
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        broken.add(path.name, number + 1, f"the file cannot be read from here on: {error}")


def _skip(file: gzip.GzipFile) -> None:
    """Read on to the end of a line."""
    while rest := file.readline(LONGEST):
        if rest.endswith(b"\n"):
            return
