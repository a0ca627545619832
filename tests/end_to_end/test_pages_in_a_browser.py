"""The deployed site in Chromium: how it looks, who can use it, and that nothing fails without being seen."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from local.chromium import chromium
from local.cloud import ROOT
from tests.end_to_end.conftest import MailPath
from tests.end_to_end.site import AUTHOR, Site, fresh_site, new_title
from tests.end_to_end.tab import Tab

pytestmark = pytest.mark.needs("chromium")

POST = "/posts/three-caches-before-the-database"
JAPANESE_POST = "/posts/spf-dkim-dmarc"
PICTURE = ROOT / "lambda" / "blog_schema" / "samples" / "three-caches.png"
PAGES = ["/", POST, JAPANESE_POST, "/contact", "/contact?sent=1", "/sign-in", "/sign-in/link?token=x", "/none"]
HOSTILE = (
    "<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 1'> <svg onload='window.hacked = 1'>"
    " [go](javascript:window.hacked=1) <iframe src=/></iframe>"
)
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 4
WIDE = f"# {LONG}\n\n`{LONG}`\n\n    {LONG}\n\n| {LONG} | {LONG} |\n| --- | --- |\n| a | b |\n\n- {LONG}\n"

Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def site(mail_path: MailPath) -> Site:
    return fresh_site(mail_path.cloud)


@pytest.fixture
def open_tab(browser: Browser, site: Site) -> Iterator[Open]:
    """Open a tab; no test ends well in which something went wrong behind its back."""
    tabs: list[Tab] = []

    def opened(**options: Any) -> Tab:
        tabs.append(Tab(browser=browser, site=site, **options))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.page.context.close()
    assert [problem for tab in tabs for problem in tab.problems] == []


@pytest.fixture
def tab(open_tab: Open) -> Tab:
    return open_tab()


@pytest.fixture
def author(tab: Tab) -> Tab:
    tab.sign_in()
    return tab


@pytest.mark.parametrize("path", ["/", POST])
def test_a_page_comes_with_its_style_sheet_and_its_pictures(path: str, tab: Tab) -> None:
    assert tab.open(path) == 200
    assert tab.style("main", "width") == "672px"
    assert tab.page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert tab.page.evaluate("document.images.length") == (1 if path == POST else 0)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_fails_on_any_page(path: str, tab: Tab) -> None:
    tab.open(path)
    tab.page.wait_for_load_state("networkidle")
    assert tab.problems == []


def test_what_the_content_security_policy_refuses_would_be_noticed(tab: Tab) -> None:
    tab.open("/")
    tab.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'hacked = 1'}))")
    assert "Content Security Policy" in tab.problems.pop()


@pytest.mark.parametrize("width", [320, 390])
def test_no_page_is_wider_than_a_phone(width: int, open_tab: Open) -> None:
    tab = open_tab(width=width)
    tab.sign_in()
    post = tab.publish(LONG, WIDE)
    for path in [*PAGES, "/write", post, post.replace("/posts/", "/write/")]:
        tab.open(path)
        assert tab.overflow() == 0, path


def test_light_and_dark_follow_the_reader(open_tab: Open) -> None:
    backgrounds = [open_tab(scheme=scheme) for scheme in ("light", "dark")]
    for tab in backgrounds:
        tab.open("/")
    light, dark = (sum(rgb(tab.style("body", "backgroundColor"))) for tab in backgrounds)
    assert light > 3 * 240
    assert dark < 3 * 40


def rgb(colour: str) -> list[int]:
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


def test_the_first_tab_stop_skips_to_the_content(tab: Tab) -> None:
    tab.open("/")
    assert tab.tab_to(".skip") == 1
    expect(tab.page.locator(".skip")).to_be_in_viewport()
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "main"
    assert tab.tab_to("main a") == 1


@pytest.mark.parametrize("path", ["/", POST, "/contact", "/sign-in/link?token=x"])
def test_whatever_has_the_focus_shows_it(path: str, tab: Tab) -> None:
    tab.open(path)
    for _ in range(
        tab.page.locator("a, button, input:not([type=hidden], [tabindex]), textarea, [tabindex='0']").count()
    ):
        tab.page.keyboard.press("Tab")
        style, width = tab.style(":focus", "outlineStyle"), tab.style(":focus", "outlineWidth")
        assert (style, width) == ("solid", "3px"), tab.page.evaluate("document.activeElement.outerHTML")


def test_the_contact_form_can_be_sent_by_keyboard_alone(tab: Tab, mail_path: MailPath) -> None:
    tab.open("/contact")
    tab.tab_to("#name")
    for text in ("花子", "hanako@example.com", "キーボードだけで書きました。"):
        tab.page.keyboard.type(text)
        tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")  # the button comes next: the field for machines is no tab stop
    expect(tab.page.get_by_role("status")).to_contain_text("on its way")
    mail_path.sent(1)
    assert "キーボードだけで" in mail_path.mails()[0]["text"]


def test_what_was_typed_stays_when_a_field_is_missing(tab: Tab) -> None:
    tab.open("/contact")
    tab.page.get_by_label("Your name").fill("花子")
    tab.press("Send")
    expect(tab.page.get_by_role("alert")).to_be_visible()
    expect(tab.page.get_by_label("Your name")).to_have_value("花子")
    address = tab.page.get_by_label("Your mail address")
    expect(address).to_have_accessible_description("Please fill this in.")


def test_an_author_signs_in_writes_changes_deletes_and_signs_out(author: Tab) -> None:
    page, title = author.page, new_title()
    page.get_by_label("Picture").set_input_files(PICTURE)
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text").fill("before the change")
    author.press("Publish")
    author.open("/")
    page.get_by_role("link", name=title).click()
    expect(page.locator(".body")).to_have_text("before the change")
    expect(page.locator(".picture")).not_to_have_js_property("naturalWidth", 0)
    author.open("/write")
    page.get_by_role("link", name=title).click()
    page.get_by_label("Text").fill("after the change")
    author.press("Save")
    page.get_by_role("link", name="look at the post").click()
    expect(page.locator(".body")).to_have_text("after the change")
    author.open("/write")
    page.get_by_role("link", name=title).click()
    author.press("Delete this post")
    expect(page.get_by_role("status")).to_contain_text("Deleted")
    author.press("Sign out")
    author.open("/write")
    assert page.url.endswith("/sign-in")


def test_an_author_asks_for_a_link_by_mail(tab: Tab, mail_path: MailPath) -> None:
    """Only a site that knows its own address mails links by itself; the local one is told it for this test."""
    tab.site.author()
    mail_path.ses.forget_mails()
    tab.open("/")
    tab.settle()
    with tab.site.configured(SITE_URL=tab.page.url.rstrip("/")):
        tab.open("/sign-in")
        assert tab.violations() == []
        tab.page.get_by_label("Your mail address").fill(AUTHOR)
        tab.press("Mail me a link")
        expect(tab.page.get_by_role("status")).to_contain_text("on its way")
        mail_path.sent(1)
        tab.settle()
    tab.take_link()
    expect(tab.page.get_by_text(f"Signed in as {AUTHOR}")).to_be_visible()


def test_a_hostile_post_runs_nothing(author: Tab) -> None:
    """The Content-Security-Policy has nothing to refuse either: what it refuses is a problem of the tab."""
    post = author.publish(HOSTILE, HOSTILE)
    for path in ("/", "/write", post, post.replace("/posts/", "/write/")):
        author.open(path)
        assert author.page.evaluate("window.hacked") is None
        assert author.page.locator("script, iframe, svg, [onerror], [onload], [href^='javascript:']").count() == 0
    author.open(post)
    expect(author.page.locator("h1")).to_have_text(HOSTILE)
    expect(author.page.locator(".body")).to_contain_text("<script>window.hacked = 1</script>")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_barriers(path: str, scheme: str, open_tab: Open) -> None:
    tab = open_tab(scheme=scheme)
    tab.open(path)
    assert tab.violations() == []


@pytest.mark.parametrize("width", [390, 1200])
def test_a_form_with_errors_has_no_barriers(width: int, open_tab: Open) -> None:
    tab = open_tab(width=width)
    tab.open("/contact")
    tab.press("Send")
    expect(tab.page.get_by_role("alert")).to_be_visible()
    assert tab.violations() == []


def test_the_authors_pages_and_an_outage_have_no_barriers(author: Tab, site: Site) -> None:
    post = author.publish(new_title(), WIDE)
    for path in ("/write", post, post.replace("/posts/", "/write/")):
        assert author.open(path) == 200
        assert author.violations() == []
    author.settle()
    with site.configured(SESSIONS_PORT="1"):
        assert author.open("/write") == 503
        assert author.violations() == []
        author.settle()
