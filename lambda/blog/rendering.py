"""How texts of authors become HTML: Markdown without raw HTML, and the language that a text is in."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

# What links may lead to is checked by markdown-it itself: neither javascript: nor data: but for pictures.
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
# What is wider than a phone scrolls by itself, and a keyboard has to get there. In texts of authors < is escaped.
_SCROLLING = {
    "<pre>": '<pre tabindex="0">',
    "<table>": '<div class="table" tabindex="0"><table>',
    "</table>": "</table></div>",
}
_SCROLLING_TAG = re.compile("|".join(_SCROLLING))
_KANA = re.compile("[\u3041-\u30ff]")
_TWO_WIDE = re.compile("[\u3000-\u9fff\uff01-\uff60]{2}")


def _line_break(_: RendererHTML, tokens: Sequence[Token], index: int, *__: object) -> str:
    """A new line in the source shows as a space, which Japanese has none of between words."""
    before, after = ("".join(token.content for token in part) for part in (tokens[:index], tokens[index + 1 :]))
    return "" if _TWO_WIDE.fullmatch(before[-1:] + after[:1]) else "\n"


_parser.add_render_rule("softbreak", _line_break)


@lru_cache(maxsize=64)
def html_of(markdown: str) -> Markup:
    """Return the HTML of a Markdown text; where it has an h1, all its headings go down by one, below the page's own."""
    tokens = _parser.parse(markdown)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    html = _parser.renderer.render(tokens, _parser.options, {})
    return Markup(_SCROLLING_TAG.sub(lambda tag: _SCROLLING[tag[0]], html))  # noqa: S704 - the parser escapes all HTML


def language_of(text: str) -> str:
    """Return `ja` for a text with kana, else `en`: browsers choose glyphs and voices by it."""
    return "ja" if _KANA.search(text) else "en"


def day_of(moment: datetime) -> str:
    """Return the day of a moment, in UTC, as Japanese and English readers both read it: 2026-11-24."""
    return moment.astimezone(UTC).date().isoformat()
