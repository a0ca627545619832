"""What strangers write into logs stays text in a report."""

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.ttl_reviews import EXAMPLE, HOSTILE, written_by
from ttl_review.blocks import Limits
from ttl_review.contents import report
from ttl_review.mail_html import html
from ttl_review.mail_text import text
from ttl_review.markdown import markdown
from ttl_review.page import page

FEW = Limits(
    changes=2, stays=2, objects=2, behaviours=2, pictures=0, findings=2, curves=2, broken=2, path=90, sentence=300
)
PIECES = (
    *(
        "<script>",
        "</td></table>",
        "<img src=x onerror=a>",
        "<!--",
        "-->",
        "&lt;",
        '"',
        "'",
        "`",
        "``",
        "|",
        "\\",
        "\\|",
    ),
    *(
        "[a](http://b)",
        "![a](b)",
        "<http://a.b>",
        "**",
        "__",
        "~~",
        "# ",
        "- ",
        "1. ",
        "> ",
        "\r\n",
        "\n\n",
        "\t",
        "\x00",
    ),
    *("https://evil.example", "www.evil.example", "a@evil.example", "mailto:a@b.c", "javascript:alert(1)", "$title"),
    *(
        "\u202e",
        "\u2028",
        "\u0085",
        "\u200b",
        "\ud800",
        "日本",
        "\U0001f98a",
        "${style}",
        "cid:curve-1",
        "]]>",
        "&#x3c;",
    ),
)
strangers = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map("".join)
hostile = pytest.mark.parametrize("stranger", [*HOSTILE, *PIECES, "".join(PIECES)])


class _Elements(HTMLParser):
    """Collects what a browser makes of HTML: elements with their attributes."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.values: set[tuple[str, str]] = set()
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))
        self.values.update((name, value or "") for name, value in attrs if name in {"src", "href", "id", "class"})


def _same_elements(written: str, harmless: str) -> None:
    found, expected = _Elements(written), _Elements(harmless)
    assert found.found == expected.found
    assert found.values == expected.values


def _mail(stranger: str) -> str:
    return html(report(written_by(stranger), FEW), ())


def _page(stranger: str) -> str:
    return page(written_by(stranger), ())


HARMLESS_MAIL, HARMLESS_PAGE = _mail("harmless"), _page("harmless")


@hostile
def test_html_has_the_same_elements_whatever_they_write(stranger: str) -> None:
    _same_elements(_page(stranger), HARMLESS_PAGE)
    _same_elements(_mail(stranger), HARMLESS_MAIL)


@given(stranger=strangers)
@settings(max_examples=40, deadline=None)
def test_a_mail_has_the_same_elements_whatever_they_write(stranger: str) -> None:
    written = _mail(stranger)
    _same_elements(written, HARMLESS_MAIL)
    written.encode()


@given(stranger=strangers)
@settings(max_examples=40, deadline=None)
def test_text_has_no_lines_links_or_signs_of_theirs(stranger: str) -> None:
    written = text(report(written_by(stranger), FEW))
    for character in set(written) - {"\n"}:
        assert character.isprintable(), unicodedata.name(character, repr(character))
    assert not re.search(r"(?i)https?://|www\.|mailto:|[^\[]@", written)
    # A line break of theirs would begin a line where none of ours begins.
    assert written.count("\nWhat to change\n") == 1
    written.encode()


def _tokens(written: str) -> list[tuple[str, str]]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    every: list[Any] = [one for token in parser.parse(written) for one in (token, *(token.children or ()))]
    return [(one.type, one.tag) for one in every if one.type not in {"text", "text_special"}]


@given(stranger=strangers)
@settings(max_examples=40, deadline=None)
def test_markdown_has_the_same_parts_whatever_they_write(stranger: str) -> None:
    assert _tokens(markdown(written_by(stranger), ())) == _tokens(markdown(written_by("harmless"), ()))


@hostile
def test_markdown_has_no_link_picture_or_html_of_theirs(stranger: str) -> None:
    found = {kind for kind, _ in _tokens(markdown(written_by(stranger), ()))}
    assert not found & {"link_open", "image", "html_inline", "html_block", "fence", "code_block"}


def test_a_long_path_keeps_its_beginning_and_end() -> None:
    path = "/posts/" + "x" * 400 + "/the-end"
    written = text(report(written_by(path), FEW))
    assert "/posts/xxx" in written
    assert "xxx/the-end" in written
    assert path not in written


def test_what_turns_a_line_around_is_not_there_to_be_seen() -> None:
    assert "\u202e" not in page(EXAMPLE, ())
    assert "/�gnp.exe" in page(EXAMPLE, ())
