"""Header fields of a mail that anybody may have written: found in its bytes, read by the standard library's `email`.

The library's modern policy reads one field at a time here. Its time grows with the square of a field's length (1.2 s
for 8,000 quotation marks) and it ends with many kinds of errors, so that fields are cut first, and what it cannot read
is taken as it stands.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from email.headerregistry import Address
from email.policy import default
from typing import Any

from msgspec import Struct

# More than any honest mail has: mail servers take about 64 KiB.
MAX_HEADER_BYTES = 262_144
# Names and addresses of one field: the longest that takes the library less than half a second, whatever it holds.
MAX_FIELD_CHARACTERS = 4000
# How a part is typed and named, read up to 500 times in one mail.
MAX_PARAMETER_CHARACTERS = 1000

LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
# Unix mailboxes begin with such a line, which is no field.
ENVELOPE = b"From "
# What may not stand in one line of text: control characters, line separators, and what turns the direction of text,
# by which a name can be made to look like another (Unicode Standard Annex #9, "Directional Formatting Characters").
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")


class Field(Struct, frozen=True):
    """One field as it stands: its name in lower case and its value, folded lines included."""

    name: str
    value: bytes
    spelled: bytes = b""
    """The name as the mail spells it."""

    @property
    def text(self) -> str:
        """The value in one line; UTF-8 where it is not ASCII (RFC 6532), encoded words as they stand."""
        return "".join(self.value.decode("utf-8", "replace").splitlines()).strip()


class HeaderError(Exception):
    """A header that does not end where it should; the text says how far it was read."""


def split(raw: bytes, *, start: int = 0, end: int | None = None) -> tuple[list[Field], int]:
    """The fields of the header that begins at `start`, and where the body behind it begins.

    The header ends with an empty line, before a line that is no field, or at `end`. Every kind of line break counts, so
    that no field hides behind one that another program takes for a line break. Raises HeaderError where it is too long.
    """
    last = len(raw) if end is None else end
    most = min(last, start + MAX_HEADER_BYTES)
    parts: list[tuple[bytes, list[bytes]]] = []
    at = start
    while at < most:
        line = LINE.match(raw, at, most)
        text = line[0] if line else b""
        if at + len(text) == most < last:
            break
        if not text.strip(b"\r\n"):
            return _fields(parts), at + len(text)
        if text[:1] in b" \t" and parts:
            parts[-1][1].append(text)
        elif name := NAME.match(text):
            parts.append((name[1], [text[name.end() :]]))
        elif at != start or not text.startswith(ENVELOPE):
            return _fields(parts), at
        at += len(text)
    if most < last:
        raise HeaderError(f"the header has more than {MAX_HEADER_BYTES} bytes")
    return _fields(parts), at


def _fields(parts: Iterable[tuple[bytes, Sequence[bytes]]]) -> list[Field]:
    return [Field(name.decode("ascii").lower(), b"".join(lines), name) for name, lines in parts]


def texts(fields: Iterable[Field], name: str) -> Iterator[str]:
    """The values of every field of this name."""
    return (field.text for field in fields if field.name == name)


def first(fields: Iterable[Field], name: str) -> str:
    """The value of the first field of this name, or an empty one."""
    return next(texts(fields, name), "")


def decoded(fields: Iterable[Field], name: str) -> str:
    """The first field of this name as people read it: encoded words decoded, printable, cut."""
    text = first(fields, name)[:MAX_FIELD_CHARACTERS]
    return printable(str(_read(name, text) or text))


def addresses(fields: Iterable[Field], name: str) -> list[Address]:
    """The addresses in all fields of this name, with decoded names; those that cannot be read are not among them."""
    found: list[Address] = []
    for text in texts(fields, name):
        whole = text if len(text) <= MAX_FIELD_CHARACTERS else text[:MAX_FIELD_CHARACTERS].rpartition(",")[0]
        try:
            found += [address for address in _read(name, whole).addresses if address.domain]
        except Exception:  # noqa: BLE001, S112 - the library fails in many ways on what is no address
            continue
    return found


def parameters(fields: Iterable[Field], name: str) -> tuple[str, dict[str, str]]:
    """The value of a Content field without its parameters in lower case, and the parameters; empty where unreadable."""
    field = _read(name, first(fields, name)[:MAX_PARAMETER_CHARACTERS])
    try:
        value = field.content_type if name == "content-type" else field.content_disposition
        return str(value or "").lower(), dict(field.params)
    except Exception:  # noqa: BLE001 - as above
        return "", {}


def _read(name: str, text: str) -> Any:  # noqa: ANN401 - the library makes a class for each kind of field
    try:
        return default.header_factory(name, text)
    except Exception:  # noqa: BLE001 - as above: RecursionError, IndexError, AttributeError, and what is found next
        return None


def printable(text: str) -> str:
    """Text in one line, without what could end the line or deceive its reader."""
    return " ".join(UNPRINTABLE.sub(" ", text).split())
