"""Texts of strangers on one line, in which nothing acts that cannot be seen."""

import html


def printable(text: str) -> str:
    """Return text without what could reorder or hide it, or drive a terminal."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text.replace("\t", "    "))


def escape(text: str) -> str:
    """Return text as HTML shows it."""
    return html.escape(printable(text))
