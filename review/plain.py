"""Texts of strangers on one line, in which nothing acts that cannot be seen."""

import html
import unicodedata


def printable(text: str) -> str:
    """Return text without what could reorder or hide it, or drive a terminal."""
    return "".join(each if _seen(each) else "\ufffd" for each in text.replace("\t", "    "))


def escape(text: str) -> str:
    """Return text as HTML shows it."""
    return html.escape(printable(text))


def _seen(each: str) -> bool:
    # Python does not call the wide space of Japanese printable, nor others that are only as wide as they look.
    return each.isprintable() or unicodedata.category(each) == "Zs"
