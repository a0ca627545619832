"""The comment of a pull request: what comes first, how long it gets, and that no text of a template acts in it."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from review.markdown import MARKER, MOST, code, escaped, render
from review.model import Review
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
    signs = [line[2] for line in rest if re.match(r"- [🟥🟧🟨⬜] ", line)]
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
    for told in ("<summary>Data:", "`CacheNodeType`", "USD a month", "<summary>1 exception</summary>", "(unused)"):
        assert told in text


def read_as_markdown(text: str) -> str:
    """What is neither a code span nor within a fence, where nothing is read."""
    unfenced = re.sub(r"^  (`{3,})diff\n.*?\n  \1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`", "", unfenced)


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


FENCES = st.text("`~x\n <", max_size=60)


@given(FENCES, FENCES, FENCES)
@example("", "x\n```\n</details>", "y")
@example("", "x\n`````\n</details>", "y")
def test_no_value_ends_the_fence_that_it_is_shown_in(sample: Review, first: str, same: str, last: str) -> None:
    finding = replace(sample.findings[0], before=f"{first}\n{same}", after=f"{last}\n{same}")
    text = render(replace(sample, findings=(finding,)))
    (fence,) = re.findall(r"^ +(`{3,})diff$", text, flags=re.MULTILINE)
    inside = text[text.index(f"{fence}diff") + len(fence) :]
    assert inside.count(fence) == 1
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.fixture(scope="module")
def sample() -> Review:
    return review()


def test_values_are_shown_as_they_are_indented_with_the_lines_that_differ(sample: Review) -> None:
    before = {"Statement": {"Action": "sqs:*", "Effect": "Allow"}}
    after = {"Statement": {"Action": "s3:*", "Effect": "Allow"}}
    text = render(replace(sample, findings=(replace(sample.findings[0], before=before, after=after),)))
    assert '\n  -     "Action": "sqs:*",\n  +     "Action": "s3:*",\n        "Effect": "Allow"\n' in text


def test_of_a_long_value_what_differs_is_shown(sample: Review) -> None:
    before = {f"Key{number:03}": 1 for number in range(300)}
    finding = replace(sample.findings[0], before=before, after={**before, "Key200": 2})
    text = render(replace(sample, findings=(finding,)))
    assert '-   "Key200": 1,' in text
    assert '+   "Key200": 2,' in text
    assert '"Key100"' not in text


def test_what_is_so_in_every_stage_is_told_once(sample: Review) -> None:
    both = [replace(one, stage=stage) for one in sample.findings for stage in ("dev", "prod")]
    text = render(replace(sample, findings=tuple(both), stages=("dev", "prod")))
    assert text.count("the cache no longer takes TLS") == 1
    assert "in dev and prod (`tls-weakened`)" in text


def test_a_comment_is_never_longer_than_a_comment_may_be() -> None:
    sample = review(text="x" * 500)
    many = replace(
        sample,
        findings=[replace(one, resource=f"{number}") for one in sample.findings for number in range(200)],
        changes=[replace(one, path=f"{number}") for one in sample.changes for number in range(500)],
        exceptions=sample.exceptions * 500,
    )
    text = render(many)
    assert len(text) <= MOST
    assert text.count("<details>") == text.count("</details>")
    assert "see the page" in text


def test_however_many_findings_there_are_changes_cost_and_exceptions_are_told(sample: Review) -> None:
    findings = [replace(sample.findings[0], title=f"{number} {'x' * 500}") for number in range(1_000)]
    text = render(replace(sample, findings=findings))
    assert len(text) <= MOST
    for told in ("more, see the page", "`CacheNodeType`", "USD a month", "`retention-lowered` of `Mail/Gone`"):
        assert told in text


def test_not_even_very_many_stacks_are_too_long(sample: Review) -> None:
    changes = [replace(sample.changes[0], stack=f"Stack{number}{'x' * 100}") for number in range(2_000)]
    text = render(replace(sample, changes=changes))
    assert len(text) <= MOST
    assert text.endswith("see the page `review.html`\n")
