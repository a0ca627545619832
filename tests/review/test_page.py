"""The page: whole without anything from elsewhere, safe, readable by everybody, and the same in every run."""

import json
import re
import tomllib
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

from local.chromium import chromium
from review.offered import offered
from review.page import render
from review.plain import printable
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


def test_no_style_applies_but_its_own() -> None:
    text = render(review())
    style = text[text.index("<style>") + len("<style>") : text.index("</style>")]
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in text
    assert not any("style" in attributes for _, attributes in Tags(text).found)


def test_permissions_are_spelled_as_in_a_policy() -> None:
    text = render(review())
    permissions = text[text.index("Permissions (1)") :]
    assert "&quot;Action&quot;: &quot;s3:*&quot;" in permissions
    assert "parsed" not in permissions


def test_the_exception_that_it_offers_is_for_that_finding_and_can_be_read() -> None:
    gating = [one for one in review(text='"\\ <b>').findings if one.gates]
    assert {one.source for one in gating} == {"risk", "cdk-nag", "gate"}
    for finding in gating:
        text = re.search(r"<pre>(.*?)</pre>", offered(finding), re.DOTALL)
        if text:
            (read,) = tomllib.loads(unescape(text[1]).replace("expires = …", "expires = 2027-01-31"))["exception"]
            assert (read["resource"], read["rule"]) == (finding.resource, finding.rule)
        assert bool(text) == (finding.source != "gate")


@pytest.mark.parametrize(
    ("text", "shown"), [("全角\u3000の空白", "全角\u3000の空白"), ("a\u2028b\u202e", "a\ufffdb\ufffd")]
)
def test_what_is_seen_is_shown_as_it_is(text: str, shown: str) -> None:
    assert printable(text) == shown


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
