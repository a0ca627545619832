"""Files of a mail, decoded and unpacked, never to more than is asked for."""

import base64
import binascii
import io
import quopri
import zipfile
import zlib

from mail_inbox.structure import Part

MAX_PACKED_BYTES = 2_000_000
MAX_UNPACKED_BYTES = 20_000_000

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
# zlib: 15 bits of window, and 16 more to read gzip's header.
GZIP_WINDOW = 31


class PackedError(Exception):
    """A file that cannot be unpacked, or is larger than it may be; the text says which."""


def content(raw: bytes, part: Part) -> bytes:
    """The part's bytes, decoded, and unpacked by gzip or zip if they are packed; raises PackedError."""
    if part.end - part.start > 2 * MAX_PACKED_BYTES or part.size(raw) > MAX_PACKED_BYTES:
        raise PackedError(f"{part.size(raw)} bytes, at most {MAX_PACKED_BYTES} are read")
    packed = _decoded(raw[part.start : part.end], encoding=part.encoding)
    if packed.startswith(GZIP):
        return _from_gzip(packed)
    return _from_zip(packed) if packed.startswith(ZIP) else packed


def _decoded(encoded: bytes, *, encoding: str) -> bytes:
    match encoding:
        case "base64":
            try:
                return base64.b64decode(encoded)
            except binascii.Error as error:
                raise PackedError(f"broken base64: {error}") from error
        case "quoted-printable":
            return quopri.decodestring(encoded)
        case _:
            return encoded


def _from_gzip(packed: bytes) -> bytes:
    reader = zlib.decompressobj(GZIP_WINDOW)
    try:
        unpacked = reader.decompress(packed, MAX_UNPACKED_BYTES + 1)
    except zlib.error as error:
        raise PackedError(f"broken gzip: {error}") from error
    if not reader.eof:
        raise PackedError(_too_large() if len(unpacked) > MAX_UNPACKED_BYTES else "broken gzip: it has no end")
    return unpacked


def _from_zip(packed: bytes) -> bytes:
    """The first file of the archive; what its header says of its size is not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open(archive.infolist()[0]) as file:
            unpacked = file.read(MAX_UNPACKED_BYTES + 1)
    except Exception as error:  # encrypted, of an unknown method, cut off, empty: each of another class
        raise PackedError(f"broken zip: {type(error).__name__}: {error}") from error
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise PackedError(_too_large())
    return unpacked


def _too_large() -> str:
    return f"more than {MAX_UNPACKED_BYTES} bytes once unpacked"
