"""What everybody may read."""

from typing import Any

import pytest

from blog.images import Image
from blog.posts import Draft
from tests.blog_world import PNG, BlogWorld, Browser

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def publish(world: BlogWorld, count: int) -> None:
    for number in range(1, count + 1):
        world.tables.store(f"post-{number}", Draft(title=f"Title {number}", summary="", body="Text"))


def test_the_list_shows_ten_posts_a_page_newest_first(world: BlogWorld, browser: Browser) -> None:
    publish(world, 11)
    first, second = browser.get("/").text, browser.get("/?page=2").text
    assert first.index("Title 11") < first.index("Title 2<")
    assert "Title 1<" not in first
    assert "Title 1<" in second
    assert 'href="/?page=2"' in first
    assert 'rel="prev" href="/"' in second


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "", "1.0", "١", "1" * 30])
def test_a_page_that_is_not_there_is_a_404(browser: Browser, page: str) -> None:
    assert browser.get("/", query_string={"page": page}).status_code == 404


def test_a_blog_without_posts_says_so(browser: Browser) -> None:
    assert "Nothing has been published yet" in browser.get("/").text


def test_a_post_shows_its_picture_byline_and_date(world: BlogWorld, browser: Browser) -> None:
    image = Image(content_type="image/png", content=PNG)
    world.tables.store("hello", Draft(title="Hello", summary="In short", body="*Text*", image=image))
    page = browser.get("/posts/hello").text
    for part in ("<h1>Hello</h1>", "In short", "<em>Text</em>", "2026-11-24", "taro", f'src="/images/{image.id}"'):
        assert part in page
    picture = browser.get(f"/images/{image.id}")
    assert (picture.data, picture.content_type) == (PNG, "image/png")


def test_a_japanese_post_has_a_readable_address_and_its_language(world: BlogWorld, browser: Browser) -> None:
    world.tables.store("東京の朝", Draft(title="東京の朝", summary="", body="おはよう"))
    assert '<article class="post" lang="ja">' in browser.get("/posts/東京の朝").text


@pytest.mark.parametrize("field", ["title", "summary", "body"])
def test_html_in_a_post_is_shown_and_not_obeyed(world: BlogWorld, browser: Browser, field: str) -> None:
    texts: dict[str, Any] = {"title": "t", "summary": "s", "body": "b"} | {field: HOSTILE}
    world.tables.store("hostile", Draft(**texts))
    for path in ("/", "/posts/hostile"):
        page = browser.get(path).text
        assert "<script" not in page
        assert "<img" not in page


@pytest.mark.parametrize(
    "markdown",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "<javascript:alert(1)>",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        '[x](https://a.example "onmouseover=alert(1)")\n\n<a href="javascript:alert(1)">y</a>',
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_no_link_of_a_post_runs_a_script(world: BlogWorld, browser: Browser, markdown: str) -> None:
    world.tables.store("hostile", Draft(title="t", summary="", body=markdown))
    body = browser.get("/posts/hostile").text.partition('<div class="body">')[2]
    for link in ("javascript:", "vbscript:", "data:", "JaVaScRiPt:"):
        assert f'href="{link}' not in body
        assert f'src="{link}' not in body
    assert "<a onmouseover" not in body


def test_code_and_tables_that_are_too_wide_can_be_scrolled_by_keyboard(world: BlogWorld, browser: Browser) -> None:
    body = "```python\nx\n```\n\n    y\n\n| a |\n| --- |\n| b |\n\n`<pre> <table>`"
    world.tables.store("wide", Draft(title="t", summary="", body=body))
    text = browser.get("/posts/wide").text
    assert text.count('<pre tabindex="0"><code') == 2
    assert text.count('<div class="table" tabindex="0"><table>') == text.count("</table></div>") == 1
    assert "<code>&lt;pre&gt; &lt;table&gt;</code>" in text


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("一行目。\n二行目。", "一行目。二行目。"),
        ("**一行目。**\n二行目。", "<strong>一行目。</strong>二行目。"),
        ("Redis と\nValkey", "Redis と\nValkey"),
        ("one\ntwo", "one\ntwo"),
        ("```\n一行目\n二行目\n```", "一行目\n二行目\n"),
    ],
)
def test_lines_of_japanese_are_joined_without_a_space(
    world: BlogWorld, browser: Browser, markdown: str, shown: str
) -> None:
    world.tables.store("a", Draft(title="t", summary="", body=markdown))
    assert f">{shown}</" in browser.get("/posts/a").text


@pytest.mark.parametrize(
    ("markdown", "headings"),
    [("# A\n\n## B", ["<h2>A</h2>", "<h3>B</h3>"]), ("## A\n\n### B", ["<h2>A</h2>", "<h3>B</h3>"])],
)
def test_headings_of_a_post_follow_the_title_of_the_page(
    world: BlogWorld, browser: Browser, markdown: str, headings: list[str]
) -> None:
    world.tables.store("a", Draft(title="t", summary="", body=markdown))
    page = browser.get("/posts/a").text
    assert all(heading in page for heading in headings)
    assert page.count("<h1") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/posts/none",
        "/posts/" + "a" * 81,
        "/posts/a%00b",
        "/posts/%ff%fe",
        "/posts/a/b",
        "/posts/",
        "/images/none",
        "/images/" + "a" * 32,
        "/assets/site.css",
        "/assets/..%2fapp.py",
        "/assets/%2e%2e/app.py",
        "/none",
    ],
)
def test_what_is_not_there_is_a_404_that_the_edge_keeps_for_a_moment(browser: Browser, path: str) -> None:
    answer = browser.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "public, s-maxage=10"
    assert "There is nothing here" in answer.text


def test_a_page_is_the_same_with_and_without_cookies(world: BlogWorld, browser: Browser) -> None:
    publish(world, 1)
    browser.sign_in()
    stranger = world.browser()
    for path in ("/", "/posts/post-1", "/posts/none", "/robots.txt"):
        signed_in, anonymous = browser.get(path), stranger.get(path)
        assert signed_in.data == anonymous.data
        assert signed_in.headers == anonymous.headers
        assert "Set-Cookie" not in signed_in.headers
        assert "Vary" not in signed_in.headers


def test_readers_are_served_while_redis_is_away(world: BlogWorld, browser: Browser) -> None:
    publish(world, 1)
    world.redis.broken = True
    assert [browser.get(path).status_code for path in ("/", "/posts/post-1", "/health")] == [200, 200, 200]


def test_a_database_that_is_away_is_a_polite_503(world: BlogWorld, browser: Browser) -> None:
    world.tables.away = True
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert int(answer.headers["Retry-After"]) > 0
    assert "resuming" not in answer.text


def test_the_health_check_needs_neither_database_nor_redis(world: BlogWorld, browser: Browser) -> None:
    world.tables.away = world.redis.broken = True
    assert browser.get("/health").status_code == 200


def test_a_fault_is_a_page_without_details(world: BlogWorld, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.tables, "rows", None)
    answer = browser.get("/posts/a")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (500, "private, no-store")
    assert "NoneType" not in answer.text
