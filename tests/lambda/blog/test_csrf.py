"""Forms that did not come from the site's own pages."""

import pytest

from blog.posts import Draft
from tests.blog_world import BlogWorld, Browser

PATHS = ["/contact", "/sign-in", "/sign-in/link", "/sign-out", "/write", "/write/a", "/write/a/delete"]
POST = {"title": "Forged", "summary": "", "body": "Forged"}


@pytest.fixture
def browser(world: BlogWorld) -> Browser:
    """An author who is signed in, and a post to attack."""
    world.tables.store("a", Draft(title="Original", summary="", body="Original"))
    author = world.browser()
    author.sign_in()
    return author


def untouched(world: BlogWorld) -> bool:
    return list(world.tables.rows) == ["a"] and world.tables.rows["a"].title == "Original" and not world.queue.bodies


@pytest.mark.parametrize("path", PATHS)
def test_a_form_without_the_token_is_refused(world: BlogWorld, browser: Browser, path: str) -> None:
    assert browser.client.post(path, base_url="https://localhost", data=POST).status_code == 403
    assert untouched(world)
    assert browser.get("/write").status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", ["", "x", "é", "a" * 43])
def test_a_form_with_another_token_is_refused(world: BlogWorld, browser: Browser, path: str, wrong: str) -> None:
    assert browser.post(path, POST | {"csrf_token": wrong}).status_code == 403
    assert untouched(world)


@pytest.mark.parametrize("path", PATHS)
def test_a_form_without_the_cookie_is_refused(world: BlogWorld, path: str) -> None:
    stranger = world.browser()
    for token in ("", "x"):
        assert stranger.client.post(path, data={"csrf_token": token}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "nonsense"])
@pytest.mark.parametrize("path", PATHS)
def test_a_form_that_a_browser_says_came_from_elsewhere_is_refused(
    world: BlogWorld, browser: Browser, path: str, site: str
) -> None:
    assert browser.post(path, POST, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert untouched(world)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_form_of_our_own_is_taken(world: BlogWorld, browser: Browser, site: str) -> None:
    assert browser.post("/write/a", POST, headers={"Sec-Fetch-Site": site}).status_code == 303
    assert world.tables.rows["a"].title == "Forged"


def test_every_page_with_a_form_repeats_the_browsers_token(browser: Browser) -> None:
    token = browser.cookie("__Host-csrf")
    for path in ("/contact", "/sign-in", "/sign-in/link?token=t", "/write", "/write/a"):
        page = browser.get(path).text
        assert page.count('method="post"') == page.count(f'name="csrf_token" value="{token}"') > 0
