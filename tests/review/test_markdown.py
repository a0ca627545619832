"""The comment of a pull request: what comes first, how long it gets, and that no text of a template acts in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from review.markdown import MARKER, MOST, code, escaped, render
from tests.review.sample import review

HOSTILE = [
    "</details><script>alert(1)</script>",
    "@everyone and @a/team, see #1",
    "`; ``` \n\n# heading\n- item",
    "![x](https://evil.example/x.png) [l](http://evil.example) www.evil.example https://evil.example",
    "| a | b |\n|---|---|",
    "\u202egnp.exe\x1b[31m",
    "<!-- edgepost-review -->",
]


def test_the_comment_says_first_what_a_script_looks_for_then_the_verdict_then_the_worst() -> None:
    first, verdict, *rest = render(review()).splitlines()
    assert first == MARKER
    assert verdict.startswith("## Templates: ⛔ gated by")
    found = [line for line in rest if line.startswith("- 🟥")]
    assert any("stateful-" in line and line.endswith("**gates**") for line in found)
    signs = [line[2] for line in rest if re.match(r"- [🟥🟧🟨⬜] dev:", line)]
    assert signs == sorted(signs, key="🟥🟧🟨⬜".index)


def test_a_change_that_may_pass_says_so() -> None:
    sample = review()
    passed = replace(sample, findings=(), changes=(), verdict=replace(sample.verdict, passed=True, gating=0))
    text = render(passed)
    assert "✅ may pass" in text
    assert "nothing changes" in text
    assert "No new findings." in text


def test_what_changes_is_named_with_its_cost_and_the_exceptions() -> None:
    text = render(review())
    for told in ("<summary>dev Data:", "`CacheNodeType`", "USD a month", "<summary>1 exception</summary>", "(unused)"):
        assert told in text


def read_as_markdown(text: str) -> str:
    """What is neither a code span nor an indented block, in which nothing is read."""
    return "\n".join(line for line in re.sub(r"`[^`]*`", "", text).splitlines() if not line.startswith("    "))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_template_formats_links_mentions_or_hides(text: str) -> None:
    plain, hostile = (read_as_markdown(render(review(text=each))) for each in ("x", text))
    for tag in ("<details>", "</details>", "<summary>", MARKER, "\n# ", "\n|"):
        assert hostile.count(tag) == plain.count(tag)
    outside = hostile.replace(MARKER, "", 1)
    assert not re.search(r"(?<!\\)(<script|!\[|\[l\])|@[a-z]|#\d|://|www\.", outside)
    assert not re.search(r"[\u202e\x1b]", render(review(text=text)))


@given(st.text(max_size=300))
def test_any_text_stays_in_its_code_span_and_on_its_line(text: str) -> None:
    assert re.fullmatch(r"`[^`\n]+`|``` ```", code(text))
    assert "\n" not in escaped(text)
    assert not re.search(r"(?<!\\)[`<>*_\[\]|]", re.sub(r"\\[\\`*_{}\[\]<>!|~&$]", "", escaped(text)))


def test_a_comment_is_never_longer_than_a_comment_may_be() -> None:
    sample = review(text="x" * 500)
    many = replace(
        sample,
        findings=sample.findings * 200,
        changes=sample.changes * 500,
        exceptions=sample.exceptions * 500,
    )
    text = render(many)
    assert len(text) <= MOST
    assert text.count("<details>") == text.count("</details>")
    assert "see the page" in text
