"""How texts of authors become HTML: Markdown without raw HTML, and the language that a text is in."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from markdown_it import MarkdownIt
from markupsafe import Markup

# What links may lead to is checked by markdown-it itself: neither javascript: nor data: but for pictures.
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_KANA = re.compile("[\u3041-\u30ff]")


@lru_cache(maxsize=64)
def html_of(markdown: str) -> Markup:
    """Return the HTML of a Markdown text; where it has an h1, all its headings go down by one, below the page's own."""
    tokens = _parser.parse(markdown)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return Markup(_parser.renderer.render(tokens, _parser.options, {}))  # noqa: S704 - the parser escapes all HTML


def language_of(text: str) -> str:
    """Return `ja` for a text with kana, else `en`: browsers choose glyphs and voices by it."""
    return "ja" if _KANA.search(text) else "en"


def day_of(moment: datetime) -> str:
    """Return the day of a moment, in UTC, as Japanese and English readers both read it: 2026-11-24."""
    return moment.astimezone(UTC).date().isoformat()
