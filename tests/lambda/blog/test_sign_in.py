"""Signing in by a one-time link, sessions, and signing out."""

import hashlib
import json
import logging
from http.cookies import SimpleCookie

import pytest
from werkzeug.test import TestResponse

from blog import sign_in
from tests.blog_world import AUTHOR, BlogWorld, Browser, token_of

SESSION = "__Host-session"


def mails(world: BlogWorld) -> list[dict[str, object]]:
    return [json.loads(body) for body in world.queue.bodies]


def set_cookie(answer: TestResponse, name: str) -> str:
    return next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}="))


def test_an_author_signs_in_by_a_link_that_comes_by_mail(world: BlogWorld, browser: Browser) -> None:
    assert browser.post("/sign-in", {"address": "Taro@Example.com"}).status_code == 200
    (mail,) = mails(world)
    assert (mail["from"], mail["to"]) == ("blog@example.com", [AUTHOR])
    text = str(mail["text"])
    assert "https://blog.example.com/sign-in/link?token=" in text
    answer = browser.post("/sign-in/link", {"token": token_of(text)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/write")
    assert browser.get("/write").status_code == 200


def test_a_stranger_is_told_the_same_as_an_author(world: BlogWorld, browser: Browser) -> None:
    author, stranger = (browser.post("/sign-in", {"address": a}) for a in (AUTHOR, "nobody@example.com"))
    assert author.data == stranger.data
    assert author.headers == stranger.headers
    assert author.status_code == stranger.status_code
    assert len(world.queue.bodies) == 1


def test_an_author_whose_link_cannot_be_queued_is_told_the_same(world: BlogWorld, browser: Browser) -> None:
    world.queue.away = True
    author, stranger = (browser.post("/sign-in", {"address": a}) for a in (AUTHOR, "nobody@example.com"))
    assert (author.status_code, author.data) == (stranger.status_code, stranger.data)


@pytest.mark.parametrize("address", [AUTHOR, "nobody@example.com"])
def test_the_answer_takes_as_long_for_a_stranger_as_for_an_author(address: str) -> None:
    world = BlogWorld()
    slept: list[float] = []
    view = sign_in.SignIn(world.parts, sleep=slept.append)
    with world.app.test_request_context("/sign-in", method="POST", data={"address": address}):
        view.ask()
    assert 0.4 < slept[0] <= sign_in.EVEN_SECONDS


def test_links_to_one_address_are_limited_and_nobody_can_see_it(world: BlogWorld) -> None:
    answers = [world.browser().post("/sign-in", {"address": AUTHOR}) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(world.queue.bodies) == 5
    world.redis.time += 3600
    world.browser().post("/sign-in", {"address": AUTHOR})
    assert len(world.queue.bodies) == 6


def test_one_visitor_asks_for_no_end_of_links(world: BlogWorld, browser: Browser) -> None:
    for number in range(12):
        world.tables.invite(f"author{number}@example.com")
        browser.post("/sign-in", {"address": f"author{number}@example.com"})
    assert len(world.queue.bodies) == 10


@pytest.mark.parametrize(
    "address", ["", "x", "a@b", "a b@example.com", "a@example.com\nBcc: b@example.com", "é@example.com"]
)
def test_what_is_no_mail_address_is_shown_again_with_what_is_wrong(browser: Browser, address: str) -> None:
    answer = browser.post("/sign-in", {"address": address})
    assert answer.status_code == 422
    assert 'id="address-error"' in answer.text


def test_a_site_without_an_address_of_its_own_refers_to_its_operator() -> None:
    world = BlogWorld(SITE_URL="")
    assert "make author" in world.browser().get("/sign-in").text
    assert world.browser().post("/sign-in", {"address": AUTHOR}).status_code == 422
    assert world.queue.bodies == []


def link_of(world: BlogWorld) -> str:
    return world.parts.links.make(world.tables.invite(AUTHOR), site_url="")


def test_looking_at_a_link_does_not_use_it(world: BlogWorld, browser: Browser) -> None:
    link = link_of(world)
    for visitor in (world.browser(), world.browser(), browser):
        answer = visitor.get(link)
        assert (answer.status_code, visitor.cookie(SESSION)) == (200, None)
    assert browser.post("/sign-in/link", {"token": token_of(link)}).status_code == 303


def test_a_link_works_once(world: BlogWorld, browser: Browser) -> None:
    token = token_of(link_of(world))
    browser.post("/sign-in/link", {"token": token})
    thief = world.browser()
    answer = thief.post("/sign-in/link", {"token": token})
    assert (answer.status_code, thief.cookie(SESSION)) == (403, None)


def test_a_link_expires(world: BlogWorld, browser: Browser) -> None:
    token = token_of(link_of(world))
    world.redis.time += 30 * 60
    assert browser.post("/sign-in/link", {"token": token}).status_code == 403


def test_a_forged_form_does_not_use_a_link_up(world: BlogWorld, browser: Browser) -> None:
    token = token_of(link_of(world))
    assert world.browser().client.post("/sign-in/link", data={"token": token}).status_code == 403
    assert browser.post("/sign-in/link", {"token": token}).status_code == 303


def test_the_session_cookie_is_for_this_host_over_tls_and_no_script(browser: Browser) -> None:
    morsel = SimpleCookie(set_cookie(browser.sign_in(), SESSION))[SESSION]
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "Lax")
    assert (morsel["path"], morsel["domain"], morsel["max-age"]) == ("/", "", str(12 * 3600))


def test_the_csrf_cookie_is_for_this_host_over_tls_and_no_script(browser: Browser) -> None:
    morsel = SimpleCookie(set_cookie(browser.get("/contact"), "__Host-csrf"))["__Host-csrf"]
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "Lax")
    assert (morsel["path"], morsel["domain"]) == ("/", "")


def test_redis_knows_no_session_id_and_no_token(world: BlogWorld, browser: Browser) -> None:
    token = token_of(link_of(world))
    browser.sign_in()
    session_id = browser.cookie(SESSION)
    assert session_id
    everything = repr(world.redis.stored)
    assert token not in everything
    assert session_id not in everything
    assert world.redis.keys("session") == ["session:" + hashlib.sha256(session_id.encode()).hexdigest()]


def test_a_session_id_that_an_attacker_planted_is_never_signed_in(world: BlogWorld, browser: Browser) -> None:
    planted = "a" * 43
    browser.client.set_cookie(SESSION, planted, secure=True)
    browser.sign_in()
    assert browser.cookie(SESSION) != planted
    attacker = world.browser()
    attacker.client.set_cookie(SESSION, planted, secure=True)
    assert attacker.get("/write").status_code == 303


def test_signing_in_again_ends_the_session_before(world: BlogWorld, browser: Browser) -> None:
    browser.sign_in()
    before = browser.cookie(SESSION)
    browser.sign_in()
    assert browser.cookie(SESSION) != before
    assert len(world.redis.keys("session")) == 1


def test_a_session_ends_when_nobody_uses_it(world: BlogWorld, browser: Browser) -> None:
    browser.sign_in()
    for _ in range(4):
        world.redis.time += 29 * 60
        assert browser.get("/write").status_code == 200
    world.redis.time += 30 * 60
    assert browser.get("/write").status_code == 303


def test_a_session_ends_after_its_longest_time_though_it_is_used(world: BlogWorld, browser: Browser) -> None:
    browser.sign_in()
    ends_at = world.redis.time + 12 * 3600
    while world.redis.time < ends_at - 1:
        world.redis.time = min(world.redis.time + 29 * 60, ends_at - 1)
        assert browser.get("/write").status_code == 200
    world.redis.time = ends_at
    assert browser.get("/write").status_code == 303


def test_signing_out_ends_the_session_everywhere(world: BlogWorld, browser: Browser) -> None:
    browser.sign_in()
    stolen = browser.cookie(SESSION)
    assert stolen
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.headers["Location"], browser.cookie(SESSION)) == (303, "/", None)
    thief = world.browser()
    thief.client.set_cookie(SESSION, stolen, secure=True)
    assert thief.get("/write").headers["Location"] == "/sign-in"


def test_who_has_no_session_is_led_to_the_sign_in(browser: Browser) -> None:
    answers = [
        browser.get("/write"),
        browser.get("/write/a"),
        browser.post("/write/a/delete"),
        browser.post("/sign-out"),
    ]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(303, "/sign-in")}


def test_what_an_author_wrote_outlives_the_session(world: BlogWorld, browser: Browser) -> None:
    browser.sign_in()
    world.redis.time += 3600
    answer = browser.post("/write", {"title": "Long", "summary": "", "body": "written <for> hours"})
    assert answer.status_code == 403
    assert "written &lt;for&gt; hours" in answer.text
    assert world.tables.rows == {}


@pytest.mark.parametrize("path", ["/write", "/write/a"])
def test_sessions_that_cannot_be_read_are_a_polite_503(
    world: BlogWorld, browser: Browser, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser.sign_in()
    world.redis.broken = True
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert int(answer.headers["Retry-After"]) > 0
    assert caplog.records[-1].__dict__["event"] == "sessions_unavailable"


def test_a_sign_in_that_cannot_be_counted_is_a_polite_503(world: BlogWorld, browser: Browser) -> None:
    world.redis.broken = True
    assert browser.post("/sign-in", {"address": AUTHOR}).status_code == 503
    assert world.queue.bodies == []


def test_signing_in_and_out_is_logged_without_secrets(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "blog"):
        browser.sign_in()
        session_id = browser.cookie(SESSION)
        browser.post("/sign-out")
    assert [record.__dict__["event"] for record in caplog.records] == ["signed_in", "signed_out"]
    logged = repr([record.__dict__ for record in caplog.records])
    assert AUTHOR not in logged
    assert str(session_id) not in logged
