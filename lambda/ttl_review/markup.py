"""Elements of HTML."""

from html import escape

EMPTY = frozenset({"img", "source"})
"""Elements without an end."""


def element(name: str, inner: str = "", **attributes: object) -> str:
    """Return an element around HTML; `kind` is its class, and attributes that say nothing are left out."""
    said = {"class" if key == "kind" else key: value for key, value in attributes.items() if value != ""}
    start = "".join(f' {key}="{escape(str(value))}"' for key, value in said.items())
    return f"<{name}{start}>" if name in EMPTY else f"<{name}{start}>{inner}</{name}>"
