"""Which paths a cache behavior is for."""

import posixpath
import re
from functools import lru_cache

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def matches(pattern: str, path: str) -> bool:
    """Say whether a behavior with this path pattern is for this path ("Cache behavior settings", Path pattern).

    `*` is any number of characters, `/` too, and `?` exactly one; case counts; a leading slash may be left out. The
    path is normalized first (RFC 3986, 6.2.2, and `//` as `/`): `/a/../b` falls to the behavior of `/b`.
    """
    return _compiled(pattern).fullmatch(_normalized(path)) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    rooted = pattern if pattern.startswith(("/", "*")) else "/" + pattern
    literal = re.escape(rooted)
    return re.compile(literal.replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _normalized(path: str) -> str:
    plain = _ESCAPE.sub(_unescaped, path)
    if "//" not in plain and "/." not in plain:
        return plain
    folder = plain.endswith(("/", "/.", "/.."))
    flat = posixpath.normpath(plain).strip("/")
    return f"/{flat}/" if folder and flat else f"/{flat}"


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0]
