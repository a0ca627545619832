"""A review as a mail: HTML that mail programs show, a text part that says the same, and the pictures within."""

import json
from collections.abc import Iterator

from msgspec import Struct

from ttl_review.blocks import Limits
from ttl_review.contents import report, subject
from ttl_review.mail_html import html
from ttl_review.mail_text import text
from ttl_review.model import TtlReview
from ttl_review.picture import Picture, pictures

LIMITS = Limits(
    changes=8, stays=10, objects=20, behaviours=15, pictures=6, findings=12, curves=12, broken=5, path=90, sentence=300
)
# Gmail shows no more than 102 kB of a mail's HTML, and the text is for who reads it without.
MOST_HTML, MOST_TEXT = 100_000, 60_000
"""Bytes in JSON, as a mail request holds them, however it is encoded."""


class MailReport(Struct, frozen=True, kw_only=True):
    """A mail; the HTML names the pictures by `cid:` and their name."""

    subject: str
    html: str
    text: str
    pictures: tuple[Picture, ...]


def mail_report(review: TtlReview) -> MailReport:
    """Write a review as a mail, with less of each where strangers have made all of it long."""
    drawn = pictures(review)
    made = (report(review, limits) for limits in _limits())
    written = ((html(one, drawn), text(one)) for one in made)
    shown, plain = next(both for both in written if fits(*both))
    return MailReport(subject=subject(review), html=shown, text=plain, pictures=drawn)


def fits(shown: str, plain: str) -> bool:
    """Whether a mail's HTML and text are short enough."""
    return len(json.dumps(shown)) <= MOST_HTML and len(json.dumps(plain)) <= MOST_TEXT


def _limits() -> Iterator[Limits]:
    """Yield limits that get narrower; the narrowest are too narrow for anything that does not fit."""
    limits = LIMITS
    for _ in range(16):
        yield limits
        limits = limits.narrower()
