"""How a mail that the local SES has taken is shown to people."""

from collections.abc import Iterator, Mapping
from email.headerregistry import HeaderRegistry
from typing import Any

from operate.command import clock, printable

Mail = Mapping[str, Any]

HEADERS = HeaderRegistry()
ADDRESSES = ("from", "to", "cc", "bcc", "reply_to")


def mail(taken: Mail) -> Iterator[str]:
    """Yield the lines that show one mail: its head, its text and what it carries."""
    for name, value in _head(taken):
        yield f"  {name:<10}{printable(value)}"
    for line in (taken.get("text") or taken.get("html") or "").splitlines():
        yield f"  | {printable(line)}"


def _head(taken: Mail) -> Iterator[tuple[str, str]]:
    yield "taken", f"{clock(taken['taken_at'])}  id {taken['message_id']}"
    for name in ADDRESSES:
        value = taken.get(name) or ""
        if value:
            text = value if isinstance(value, str) else ", ".join(value)
            yield name.replace("_", "-"), str(HEADERS(name, text))  # names are encoded (RFC 2047)
    yield "subject", taken.get("subject") or ""
    for attachment in taken.get("attachments") or ():
        yield "attached", f"{attachment.get('filename')} ({attachment.get('content_type')})"
    if taken.get("text") and taken.get("html"):
        yield "html", f"{len(taken['html'])} characters beside the text"
