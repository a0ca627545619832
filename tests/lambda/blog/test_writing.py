"""What authors do."""

import logging
from io import BytesIO
from typing import Any

import pytest

from blog.images import LARGEST
from blog.posts import Draft
from tests.blog_world import PNG, BlogWorld, Browser

POST = {"title": "東京の朝", "summary": "In short", "body": "# Hello\n\n*Text*"}


@pytest.fixture
def browser(world: BlogWorld) -> Browser:
    """An author who is signed in."""
    author = world.browser()
    author.sign_in()
    return author


def picture(content: bytes, name: str = "picture.png", content_type: str = "image/png") -> dict[str, Any]:
    return {"image": (BytesIO(content), name, content_type)}


def test_a_post_is_published_under_the_authors_name(world: BlogWorld, browser: Browser) -> None:
    answer = browser.post("/write", POST)
    assert answer.status_code == 303
    assert browser.get(answer.headers["Location"]).text.count("/posts/%E6%9D%B1%E4%BA%AC%E3%81%AE%E6%9C%9D") == 1
    post = world.tables.rows["東京の朝"]
    assert (post.title, post.summary, post.body, post.byline) == (*POST.values(), "taro")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0pixels", "image/jpeg"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (PNG + b"x" * (LARGEST - len(PNG)), "image/png"),
    ],
)
def test_a_picture_is_kept_as_what_its_bytes_say(
    world: BlogWorld, browser: Browser, content: bytes, content_type: str
) -> None:
    assert browser.post("/write", POST | picture(content, "x.exe", "text/html")).status_code == 303
    image_id = world.tables.rows["東京の朝"].image_id
    answer = browser.get(f"/images/{image_id}")
    assert (answer.data, answer.content_type) == (content, content_type)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "PNG, JPEG or WebP"),
        (b"<html><script>alert(1)</script>", "PNG, JPEG or WebP"),
        (b"GIF89a", "PNG, JPEG or WebP"),
        (b"RIFF\x24\x00\x00\x00WAVE", "PNG, JPEG or WebP"),
        (PNG + b"x" * (LARGEST - len(PNG) + 1), "at most 700 kB"),
    ],
)
def test_a_file_that_is_no_small_picture_is_refused_beside_its_field(
    world: BlogWorld, browser: Browser, content: bytes, says: str
) -> None:
    answer = browser.post("/write", POST | picture(content))
    assert answer.status_code == 422
    assert says in answer.text.partition('id="image-error"')[2].partition("</p>")[0]
    assert 'value="東京の朝"' in answer.text
    assert "*Text*</textarea>" in answer.text
    assert world.tables.rows == {}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"summary": "x" * 501}, "summary"),
        ({"body": " "}, "body"),
        ({"body": "x" * 50_001}, "body"),
        ({"body": "a\x00b"}, "body"),
    ],
)
def test_a_wrong_field_says_what_is_wrong_and_nothing_is_published(
    world: BlogWorld, browser: Browser, wrong: dict[str, str], field: str
) -> None:
    answer = browser.post("/write", POST | wrong)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert world.tables.rows == {}


def test_hostile_text_in_a_form_comes_back_as_text(browser: Browser) -> None:
    hostile = '"></textarea><script>alert(1)</script>'
    answer = browser.post("/write", {"title": hostile, "summary": hostile, "body": hostile} | picture(b"x"))
    assert answer.status_code == 422
    assert "<script" not in answer.text


def test_a_post_is_changed_and_keeps_its_address(world: BlogWorld, browser: Browser) -> None:
    browser.post("/write", POST)
    form = browser.get("/write/東京の朝").text
    assert 'value="In short"' in form
    assert "# Hello" in form
    assert browser.post("/write/東京の朝", POST | {"title": "Evening"}).status_code == 303
    assert world.tables.rows["東京の朝"].title == "Evening"


def test_a_wrong_change_is_shown_again_and_nothing_changes(world: BlogWorld, browser: Browser) -> None:
    browser.post("/write", POST)
    answer = browser.post("/write/東京の朝", POST | {"body": "", "title": "Evening"})
    assert answer.status_code == 422
    assert 'value="Evening"' in answer.text
    assert world.tables.rows["東京の朝"].title == POST["title"]


def test_a_post_is_deleted(world: BlogWorld, browser: Browser) -> None:
    browser.post("/write", POST)
    answer = browser.post("/write/東京の朝/delete")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/write?deleted=1")
    assert world.tables.rows == {}


@pytest.mark.parametrize("path", ["/write/none", "/write/none/delete"])
def test_a_post_that_is_not_there_can_be_neither_changed_nor_deleted(browser: Browser, path: str) -> None:
    assert browser.post(path, POST).status_code == 404
    assert browser.get("/write/none").status_code == 404


def test_all_posts_are_listed_for_changing(world: BlogWorld, browser: Browser) -> None:
    for number in range(11):
        world.tables.store(f"post-{number}", Draft(title="t", summary="", body="b"))
    assert "/write/post-10" in browser.get("/write").text
    assert "/write/post-0" in browser.get("/write?page=2").text


def test_a_body_beyond_what_lambda_takes_is_a_413(browser: Browser) -> None:
    answer = browser.post("/write", POST | picture(b"x" * 1_000_000))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (413, "private, no-store")
    assert "too large" in answer.text


def test_a_field_beyond_its_bounds_is_a_413(browser: Browser) -> None:
    answer = browser.post("/write", POST | {"body": "x" * 400_001}, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_a_form_of_too_many_parts_is_a_413(browser: Browser) -> None:
    many = {f"field{number}": "x" for number in range(21)}
    assert browser.post("/write", many, content_type="multipart/form-data").status_code == 413


def test_a_url_encoded_form_of_very_many_fields_is_a_413(browser: Browser) -> None:
    kind = "application/x-www-form-urlencoded"
    assert browser.client.post("/contact", data=b"a&" * 40_000, content_type=kind).status_code == 413


def test_a_broken_form_is_refused_and_not_a_fault(browser: Browser) -> None:
    kind = "multipart/form-data; boundary=x"
    assert browser.client.post("/contact", data=b"--x\r\nbroken", content_type=kind).status_code in (400, 403)


def test_writing_is_logged_without_the_text(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "blog"):
        browser.post("/write", POST)
        browser.post("/write/東京の朝/delete")
    assert [record.__dict__["event"] for record in caplog.records] == ["post_written", "post_deleted"]
    assert "In short" not in repr([record.__dict__ for record in caplog.records])
