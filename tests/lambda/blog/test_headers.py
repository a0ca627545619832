"""What answers say about themselves."""

import re

import pytest
from werkzeug.datastructures import Headers

from blog.headers import SECURITY
from blog.images import Image
from blog.posts import Draft
from tests.blog_world import PNG, BlogWorld, Browser

PAGE = "public, max-age=0, s-maxage=60, stale-while-revalidate=30"
IMAGE = "public, max-age=86400"
ASSET = "public, max-age=31536000, immutable"
PRIVATE = "private, no-store"
PICTURE = Image(content_type="image/png", content=PNG)

GET = [
    ("/", 200, PAGE),
    ("/?page=1", 200, PAGE),
    ("/posts/hello", 200, PAGE),
    ("/robots.txt", 200, PAGE),
    (f"/images/{PICTURE.id}", 200, IMAGE),
    ("/favicon.ico", 200, IMAGE),
    ("ASSET", 200, ASSET),
    ("/assets/site.0123456789abcdef.css", 200, "public, max-age=60"),
    ("/assets/none.0123456789abcdef.css", 404, "public, s-maxage=10"),
    ("/health", 200, PRIVATE),
    ("/contact", 200, PRIVATE),
    ("/contact?sent=1", 200, PRIVATE),
    ("/sign-in", 200, PRIVATE),
    ("/sign-in/link?token=t", 200, PRIVATE),
    ("/write", 303, PRIVATE),
    ("/write/hello", 303, PRIVATE),
    ("/sign-out", 405, PRIVATE),
    ("/write/hello/delete", 405, PRIVATE),
    ("/none", 404, "public, s-maxage=10"),
]
POST = [
    ("/contact", 422),
    ("/sign-in", 422),
    ("/sign-in/link", 403),
    ("/sign-out", 303),
    ("/write", 303),
    ("/write/hello", 303),
    ("/write/hello/delete", 303),
    ("/", 405),
    ("/posts/hello", 405),
    ("/health", 405),
]


@pytest.fixture
def browser(world: BlogWorld) -> Browser:
    world.tables.store("hello", Draft(title="Hello", summary="", body="Text", image=PICTURE))
    return world.browser()


def address(browser: Browser, path: str) -> str:
    if path != "ASSET":
        return path
    found = re.search(r"/assets/site\.[0-9a-f]{16}\.css", browser.get("/").text)
    assert found
    return found[0]


@pytest.mark.parametrize(("path", "status", "cache_control"), GET)
def test_every_kind_of_content_says_how_long_it_may_be_kept(
    browser: Browser, path: str, status: int, cache_control: str
) -> None:
    answer = browser.get(address(browser, path))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, cache_control)


@pytest.mark.parametrize(("path", "status"), POST)
def test_no_answer_to_a_form_is_kept(browser: Browser, path: str, status: int) -> None:
    answer = browser.post(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, PRIVATE)


@pytest.mark.parametrize("path", ["/write", "/write/hello", "/write?saved=hello"])
def test_no_page_of_an_author_is_kept(browser: Browser, path: str) -> None:
    browser.sign_in()
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, PRIVATE)


def test_every_address_is_in_these_tables(world: BlogWorld) -> None:
    tested = {path.partition("?")[0] for path, *_ in [*GET, *POST]} | {"/assets/<name>", "/images/<image_id>"}
    rules = {re.sub("<.*?:(.*?)>", r"<\1>", rule.rule) for rule in world.app.url_map.iter_rules()}
    assert {rule.replace("<slug>", "hello") for rule in rules} <= tested


@pytest.mark.parametrize("path", [path for path, _, cache_control in GET if cache_control in (PAGE, IMAGE, ASSET)])
def test_what_may_be_kept_is_not_sent_again_to_who_has_it(browser: Browser, path: str) -> None:
    first = browser.get(address(browser, path))
    again = browser.get(address(browser, path), headers={"If-None-Match": first.headers["ETag"]})
    weak = browser.get(address(browser, path), headers={"If-None-Match": f"W/{first.headers['ETag']}"})
    for answer in (again, weak):
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert answer.headers["ETag"] == first.headers["ETag"]


def test_a_changed_page_has_another_etag(world: BlogWorld, browser: Browser) -> None:
    before = browser.get("/posts/hello").headers["ETag"]
    world.tables.store("hello", Draft(title="Hello", summary="", body="Other text"))
    answer = browser.get("/posts/hello", headers={"If-None-Match": before})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != before


def every_kind_of_answer(world: BlogWorld, browser: Browser) -> dict[str, Headers]:
    answers = {path: browser.get(address(browser, path)).headers for path, *_ in GET}
    answers |= {f"POST {path}": browser.post(path).headers for path, _ in POST}
    etag = browser.get("/").headers["ETag"]
    answers["304"] = browser.get("/", headers={"If-None-Match": etag}).headers
    answers["413"] = browser.client.post("/contact", data={"a": "x" * 70_000}).headers
    answers["forged"] = browser.client.post("/contact").headers
    answers["OPTIONS"] = browser.client.options("/contact").headers
    world.tables.away = True
    answers["503"] = browser.get("/").headers
    world.tables.rows = None  # type: ignore[assignment]
    world.tables.away = False
    answers["500"] = browser.get("/").headers
    return answers


def test_every_answer_has_the_security_headers(world: BlogWorld, browser: Browser) -> None:
    for kind, headers in every_kind_of_answer(world, browser).items():
        assert SECURITY.items() <= dict(headers).items(), kind


def test_the_policy_lets_no_script_run_and_nobody_frame_the_page() -> None:
    policy = dict(part.strip().split(" ", 1) for part in SECURITY["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "script-src" not in policy
    assert "unsafe" not in SECURITY["Content-Security-Policy"]


def test_no_page_has_a_script_or_a_style_of_its_own(browser: Browser) -> None:
    browser.sign_in()
    for path in (
        "/",
        "/posts/hello",
        "/contact",
        "/sign-in",
        "/sign-in/link?token=t",
        "/write",
        "/write/hello",
        "/none",
    ):
        page = browser.get(path).text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page), path


@pytest.mark.parametrize("path", ["/", "/posts/hello", "/contact", "/health", f"/images/{PICTURE.id}"])
def test_head_says_what_get_would_without_the_body(browser: Browser, path: str) -> None:
    get, head = browser.get(path), browser.client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    names = ("Cache-Control", "Content-Type", "Content-Length", "ETag")
    assert [head.headers.get(name) for name in names] == [get.headers.get(name) for name in names]


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/", "GET, HEAD, OPTIONS"), ("/contact", "GET, HEAD, OPTIONS, POST"), ("/sign-out", "OPTIONS, POST")],
)
def test_options_name_the_methods(browser: Browser, path: str, methods: str) -> None:
    answer = browser.client.options(path)
    assert answer.status_code == 200
    assert ", ".join(sorted(answer.headers["Allow"].split(", "))) == methods


def test_a_wrong_method_is_told_the_right_ones(browser: Browser) -> None:
    assert set(browser.get("/sign-out").headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
