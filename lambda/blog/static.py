"""Files that belong to the code, under addresses with a hash of their content, so that they can be kept for ever."""

import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("assets")
FINGERPRINTED = re.compile(r"(.+)\.[0-9a-f]{16}(\.\w+)")


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file and its fingerprinted name."""

    name: str
    content: bytes
    content_type: str


def load_assets(folder: Path = FOLDER) -> Mapping[str, Asset]:
    """Return the files of a folder by their plain names, such as site.css."""
    return {path.name: _load(path) for path in folder.iterdir()}


def plain_name(name: str) -> str:
    """Return the name without its fingerprint, whichever that is; empty for a name that has none."""
    found = FINGERPRINTED.fullmatch(name)
    return found[1] + found[2] if found else ""


def _load(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    content_type, _ = mimetypes.guess_type(path.name)
    return Asset(
        name=f"{path.stem}.{digest}{path.suffix}",
        content=content,
        content_type=content_type or "application/octet-stream",
    )
