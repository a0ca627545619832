"""Mails that must not be sent on: our own that come back, and those that no person has written.

RFC 3834 ("Recommendations for Automatic Responses to Electronic Mail"), 2 and 5, says by what such mails are known.
"""

from collections.abc import Collection, Iterable, Sequence

from mail_inbox.fields import Field, first, texts

LOOP_FIELD = "X-Loop"
LOOPED, AUTO_REPLY = "looped", "auto-reply"

BULK = {"bulk", "junk", "list", "auto_reply"}
# What older mail programs put into their automatic answers, whatever its value.
AUTOMATIC = {"x-autoreply", "x-autorespond"}
NULL_SENDERS = {"", "<>"}


def obstacle(fields: Sequence[Field], *, source: str, domains: Collection[str]) -> str:
    """Why a mail must not be sent on, or an empty text; `source` is its envelope's sender, `domains` are our own."""
    if _came_back(texts(fields, LOOP_FIELD.lower()), domains=domains):
        return LOOPED
    return AUTO_REPLY if _is_automatic(fields, source=source) else ""


def _came_back(marks: Iterable[str], *, domains: Collection[str]) -> bool:
    return any(mark.rpartition("@")[2].strip(" <>").lower() in domains for mark in marks)


def _is_automatic(fields: Sequence[Field], *, source: str) -> bool:
    automatic = [text.partition(";")[0].partition("(")[0].strip().lower() for text in texts(fields, "auto-submitted")]
    return (
        source.strip() in NULL_SENDERS
        or first(fields, "return-path") == "<>"
        or any(value != "no" for value in automatic)
        or any(text.lower() in BULK for text in texts(fields, "precedence"))
        or any(field.name in AUTOMATIC for field in fields)
    )
