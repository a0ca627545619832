"""The page: whole without anything from elsewhere, safe, readable by everybody, and the same in every run."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from playwright.sync_api import Browser

from local.chromium import chromium
from review.diagram import draw
from review.model import Reference, Stack
from review.page import render
from tests.review.sample import review
from tests.review.test_markdown import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_fetches_and_runs_nothing() -> None:
    text = render(review())
    for tag, attributes in Tags(text).found:
        assert tag not in {"script", "link", "img", "iframe", "object", "form"}
        assert not {name for name in attributes if name.startswith("on") or name in {"src", "href"}}
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_template_is_more_than_text(text: str) -> None:
    plain, hostile = (Tags(render(review(text=each))).found for each in ("x", text))
    assert [tag for tag, _ in hostile] == [tag for tag, _ in plain]
    assert all(line.isprintable() for line in render(review(text=text)).split("\n"))


def test_the_same_review_is_the_same_page() -> None:
    assert render(review()) == render(review())


def test_replaced_resources_come_first_with_old_and_new_values() -> None:
    text = render(review())
    data = text[text.index("dev · Data") :]
    assert data.index(">replaced<") < data.index(">changed<")
    assert "<del>blog</del>" in data
    assert "<ins>renamed</ins>" in data
    assert "DatabaseName (replaces)" in data


def test_of_a_value_the_lines_that_differ_are_marked() -> None:
    sample = review()
    finding = replace(sample.findings[0], before={"a": 1, "b": 1}, after={"a": 1, "b": 2})
    text = render(replace(sample, findings=(finding,)))
    assert "<pre>{\n  &quot;a&quot;: 1,\n<del>  &quot;b&quot;: 1</del>}\n</pre>" in text
    assert "<ins>  &quot;b&quot;: 2</ins>" in text


def test_a_finding_of_several_resources_lists_them() -> None:
    sample = review()
    places = [(f"Data/Cache{number}", stage) for number in range(3) for stage in ("dev", "prod")]
    several = [replace(sample.findings[0], resource=resource, stage=stage) for resource, stage in places]
    text = render(replace(sample, findings=several))
    assert text.count("the cache no longer takes TLS") == 1
    assert "Data/Cache0 in dev and prod and 2 more" in text
    assert "<li>Data/Cache2 in dev and prod</li>" in text


def test_references_that_come_or_go_are_listed() -> None:
    sample = review()
    one = replace(sample.references[0], state="removed", reader_id="WhoReads", producer_id="WhatIsRead")
    text = render(replace(sample, references=(one,)))
    assert "References added or removed (1)" in text
    assert "/WhoReads</td>" in text
    assert "/WhatIsRead</td>" in text


def stack(name: str, state: Any = "same") -> Stack:
    return Stack(stage="dev", stack=name, name=f"edgepost-dev-{name}", region="eu-west-1", resources=3, state=state)


def reference(reader: str, producer: str, state: Any = "same") -> Reference:
    return Reference(
        stage="dev",
        reader=reader,
        reader_id="R",
        producer=producer,
        producer_id="P",
        via="export",
        name="n",
        state=state,
    )


def test_who_reads_stands_right_of_what_is_read() -> None:
    picture = draw("dev", [stack("A"), stack("B", "changed"), stack("C")], [reference("A", "B"), reference("B", "C")])
    at = {name: int(x) for x, name in re.findall(r'<text class="name" x="(\d+)"[^>]*>([ABC])</text>', picture)}
    assert at["C"] < at["B"] < at["A"]
    assert '<g class="changed">' in picture


def test_stacks_that_read_each_other_are_drawn_all_the_same() -> None:
    assert draw("dev", [stack("A"), stack("B")], [reference("A", "B"), reference("B", "A")]).count("<path") == 2


def test_no_line_runs_behind_a_box() -> None:
    chain = [reference("B", "A"), reference("C", "B"), reference("C", "A")]
    picture = draw("dev", [stack("A"), stack("B"), stack("C")], chain)
    bottom = max(int(y) + int(height) for y, height in re.findall(r'<rect[^>]* y="(\d+)"[^>]* height="(\d+)"', picture))
    (lane,) = re.findall(r"(\d+) H\d+ ", picture)
    assert int(lane) > bottom


def test_a_box_tells_what_changes_worst_first() -> None:
    changes = [change for change in review().changes if change.stack == "Data"]
    picture = draw("dev", [stack("Data", "changed"), stack("Mail")], [], changes)
    assert picture.index("± 2 replaced") < picture.index("~ 1 changed")
    assert picture.count("unchanged") == 1


@given(st.text(max_size=60))
def test_any_name_of_a_stack_is_text_of_the_picture(name: str) -> None:
    plain, hostile = (Tags(draw("dev", [stack(each)], [])).found for each in ("x", name))
    assert [tag for tag, _ in hostile] == [tag for tag, _ in plain]


def test_a_line_is_added_only_where_nothing_was_read_before() -> None:
    pair = [reference("A", "B"), reference("A", "B", "added")]
    assert '<path class="same"' in draw("dev", [stack("A"), stack("B")], pair)
    assert '<path class="added"' in draw("dev", [stack("A"), stack("B")], pair[1:])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_everybody_can_read_the_page(browser: Browser, scheme: Any, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # The checks are a script, which the page itself forbids.
    page.set_content(re.sub(r"<meta http-equiv[^>]*>", "", render(review())))
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    page.evaluate(AXE.read_text())
    violations = json.loads(page.evaluate("axe.run().then((found) => JSON.stringify(found.violations))"))
    assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out sideways"
    assert asked == []
