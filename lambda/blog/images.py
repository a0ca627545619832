"""What may be uploaded as a picture, told by its first bytes and not by what a browser says."""

import hashlib
import re

from msgspec import Struct

LARGEST = 700_000
"""Bytes: encoded in base64 this fits the 1 MB that Lambda takes and gives behind a load balancer
(Elastic Load Balancing, "Use Lambda functions as targets")."""
KINDS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}
ACCEPT = ",".join(KINDS)


class Image(Struct, frozen=True, kw_only=True):
    """A picture and what it is."""

    content_type: str
    content: bytes

    @property
    def id(self) -> str:
        """The first 32 hexadecimal digits of the content's SHA-256."""
        return hashlib.sha256(self.content).hexdigest()[:32]


def read(content: bytes) -> Image | None:
    """Return the picture that these bytes are, if they are one of the kinds that are taken."""
    kinds = (content_type for content_type, start in KINDS.items() if start.match(content))
    content_type = next(kinds, None)
    return None if content_type is None else Image(content_type=content_type, content=content)
