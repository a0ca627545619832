"""The contact form."""

import json
import logging
from typing import Any

import pytest

from mail_consumer.request import parse
from tests.blog_world import BlogWorld, Browser

MESSAGE = {"name": "花子 Smith", "address": "hanako@example.org", "message": "Hello,\r\nこんにちは <b>!"}


def test_a_message_becomes_a_mail_request_that_the_consumer_takes(world: BlogWorld, browser: Browser) -> None:
    answer = browser.post("/contact", MESSAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/contact?sent=1")
    (body,) = world.queue.bodies
    request = parse(body=body, attributes={})
    assert (request.sender, request.to) == ("blog@example.com", ["owner@example.com"])
    assert request.reply_to == ["hanako@example.org"]
    assert request.subject == "Edgepost: message from 花子 Smith"
    assert str(request.text).startswith("Hello,\nこんにちは <b>!\n")
    assert "on its way" in browser.get(answer.headers["Location"]).text


def test_a_message_that_is_sent_twice_is_one_mail_and_another_is_another(world: BlogWorld, browser: Browser) -> None:
    browser.post("/contact", MESSAGE)
    browser.post("/contact", MESSAGE)
    browser.post("/contact", MESSAGE | {"message": "Something else"})
    world.browser().post("/contact", MESSAGE)
    keys = [json.loads(body)["idempotency_key"] for body in world.queue.bodies]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"name": ""}, "name", "fill this in"),
        ({"name": " \n "}, "name", "fill this in"),
        ({"name": "x" * 101}, "name", "101 characters, 100 are possible"),
        ({"name": "a\r\nBcc: b@example.com"}, "name", "control characters"),
        ({"name": "a\x00b"}, "name", "control characters"),
        ({"name": "a\u2028b"}, "name", "control characters"),
        ({"address": "nobody"}, "address", "name@example.com"),
        ({"address": "a@example.com, b@example.com"}, "address", "name@example.com"),
        ({"address": "a@example.com\r\nBcc: b@example.com"}, "address", "name@example.com"),
        ({"address": "a@" + "b" * 250 + ".com"}, "address", "name@example.com"),
        ({"message": "short"}, "message", "at least 10 characters"),
        ({"message": "x" * 5001}, "message", "5,001 characters, 5,000 are possible"),
        ({"message": "x" * 20 + "\x1b"}, "message", "control characters"),
    ],
)
def test_a_wrong_field_says_what_is_wrong_and_the_others_stay(
    world: BlogWorld, browser: Browser, wrong: dict[str, str], field: str, says: str
) -> None:
    answer = browser.post("/contact", MESSAGE | wrong)
    assert answer.status_code == 422
    assert says in answer.text.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert answer.text.count('class="error"') == 1
    for name in MESSAGE.keys() - {field}:
        typed = MESSAGE[name].replace("\r\n", "\n").replace("<", "&lt;").replace(">", "&gt;")
        assert typed in answer.text
    assert world.queue.bodies == []


def test_every_wrong_field_has_a_message_of_its_own(browser: Browser) -> None:
    page = browser.post("/contact", {}).text
    for field in ("name", "address", "message"):
        assert f'id="{field}-error"' in page
        assert f'aria-describedby="{field}-error"' in page
    assert page.count('aria-invalid="true"') == 3


def test_a_machine_that_fills_in_the_hidden_field_is_thanked_and_ignored(world: BlogWorld, browser: Browser) -> None:
    assert browser.post("/contact", MESSAGE | {"website": "https://spam.example"}).status_code == 303
    assert world.queue.bodies == []


def from_address(addresses: str) -> dict[str, Any]:
    return {"headers": {"X-Forwarded-For": addresses}}


def test_a_visitor_may_send_some_messages_an_hour(world: BlogWorld, browser: Browser) -> None:
    answers = [browser.post("/contact", MESSAGE, **from_address("198.51.100.1, 203.0.113.9")) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert "こんにちは" in answers[-1].text
    assert browser.post("/contact", MESSAGE, **from_address("198.51.100.2, 203.0.113.9")).status_code == 303
    world.redis.time += 3600
    assert browser.post("/contact", MESSAGE, **from_address("198.51.100.1, 203.0.113.9")).status_code == 303


def test_a_made_up_forwarding_address_does_not_get_around_the_limit(browser: Browser) -> None:
    answers = [
        browser.post("/contact", MESSAGE, **from_address(f"192.0.2.{number}, 198.51.100.1, 203.0.113.9"))
        for number in range(6)
    ]
    assert answers[-1].status_code == 429


def test_no_address_of_a_visitor_is_stored(world: BlogWorld, browser: Browser) -> None:
    browser.post("/contact", MESSAGE, **from_address("198.51.100.1"))
    assert len(world.redis.keys("tries")) == 1
    assert "198.51.100.1" not in repr(world.redis.stored)


def test_a_message_is_taken_while_redis_is_away(world: BlogWorld, browser: Browser) -> None:
    world.redis.broken = True
    assert browser.post("/contact", MESSAGE).status_code == 303
    assert len(world.queue.bodies) == 1


def test_a_message_that_cannot_be_queued_stays_in_the_form(world: BlogWorld, browser: Browser) -> None:
    world.queue.away = True
    answer = browser.post("/contact", MESSAGE)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "こんにちは" in answer.text


def test_a_message_is_logged_without_what_it_says(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "blog"):
        browser.post("/contact", MESSAGE)
    assert [vars(record)["event"] for record in caplog.records] == ["queued", "contact"]
    assert vars(caplog.records[0])["message_id"] == "message-1"
    assert not any(value in repr(vars(record)) for record in caplog.records for value in MESSAGE.values())
