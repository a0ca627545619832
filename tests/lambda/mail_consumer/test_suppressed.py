"""Suppressed recipients: who is left out, what the record says, and what it costs."""

import logging
from typing import Any

import pytest

from mail_common.suppressions import Suppressions
from tests.mail_records import MAIL, SITE, request_body
from tests.mail_world import World

THREE = {"to": ["a@example.com"], "cc": ["b@example.com"], "bcc": ["c@example.com"]}


def suppress(world: World, address: str, reason: str = "bounce") -> None:
    table = Suppressions(client=world.dynamodb, table=f"{world.name}-suppressions", now=world.now)
    table.add(address, reason=reason, at=int(world.now() * 1000), detail="in a test")


def left_out(world: World, message_id: str) -> dict[str, str]:
    """What the record says about recipients that were left out."""
    item: dict[str, Any] = world.dynamodb.get_item(
        TableName=f"{world.name}-deliveries", Key={"id": {"S": message_id}}, ConsistentRead=True
    )["Item"]
    return {address: reason["S"] for address, reason in item.get("left_out", {"M": {}})["M"].items()}


def test_a_suppressed_recipient_is_left_out_and_the_others_get_their_mail(world: World) -> None:
    suppress(world, "b@example.com")
    message_id = world.put(body=request_body(**THREE))
    assert world.consume(world.consumer(), world.take()) == []
    (mail,) = world.mails()
    assert (mail["to"], mail["cc"], mail["bcc"]) == (["a@example.com"], [], ["c@example.com"])
    record = world.delivery(message_id)
    assert (record["status"], record["recipients"]) == ("sent", "2")
    assert left_out(world, message_id) == {"b@example.com": "bounce"}


def test_a_request_with_nobody_left_ends_as_suppressed_and_not_as_a_dead_letter(world: World) -> None:
    suppress(world, "friend@example.com", "complaint")
    message_id = world.put(**MAIL)
    assert world.consume(world.consumer(), world.take()) == []
    assert (world.mails(), world.dead_letters()) == ([], [])
    record = world.delivery(message_id)
    assert (record["status"], record["reason"]) == ("suppressed", "complaint")
    assert left_out(world, message_id) == {"friend@example.com": "complaint"}


def test_an_address_is_recognised_in_any_spelling_and_behind_a_name(world: World) -> None:
    suppress(world, "friend@example.com")
    for destination in ("Friend@Example.COM", "A friend <friend@example.com>"):
        world.put(**(MAIL | {"Destination": destination}))
    assert world.consume(world.consumer(), world.take()) == []
    assert world.mails() == []


def test_who_unsubscribed_still_gets_what_has_no_link_to_unsubscribe(world: World) -> None:
    suppress(world, "friend@example.com", "unsubscribe")
    key = world.kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    news = world.put(body=request_body(unsubscribe=True, subject="News"))
    world.put(body=request_body(subject="Your sign-in link"))
    assert world.consume(world.consumer(unsubscribe_key=key), world.take()) == []
    assert world.subjects() == ["Your sign-in link"]
    assert world.delivery(news)["status"] == "suppressed"


def test_a_subscribed_recipient_gets_a_link_of_their_own(world: World) -> None:
    key = world.kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    for number in range(2):
        world.put(body=request_body(unsubscribe=True, to=[f"r{number}@example.com"]))
    assert world.consume(world.consumer(unsubscribe_key=key), world.take()) == []
    links = {
        header["value"] for mail in world.mails() for header in mail["headers"] if header["name"] == "List-Unsubscribe"
    }
    assert len(links) == 2
    assert all(link.startswith(f"<{SITE}/unsubscribe?token=") for link in links)


def test_a_key_that_kms_refuses_sends_nothing_and_is_tried_again(world: World) -> None:
    world.put(body=request_body(unsubscribe=True))
    (back,) = world.consume(world.consumer(unsubscribe_key="alias/none"), world.take())
    assert world.mails() == []
    assert world.delivery(back)["status"] == "waiting"


def test_suppressed_recipients_do_not_count_against_the_rate(world: World) -> None:
    for number in range(10):
        suppress(world, f"r{number}@example.com")
        world.put(**(MAIL | {"Destination": f"r{number}@example.com"}))
    world.put(**MAIL)
    began = world.now()
    consumer = world.consumer(send_rate=1.0)
    assert world.consume(consumer, [*world.take(), *world.take()]) == []
    assert world.subjects() == [MAIL["Subject"]]
    assert world.now() - began < 5


def test_while_the_suppression_table_cannot_be_read_nothing_is_sent_and_all_comes_back(world: World) -> None:
    message_id = world.put(**MAIL)
    assert world.consume(world.consumer(suppressions_table="none"), world.take()) == [message_id]
    assert world.mails() == []


def test_an_idempotency_key_of_a_suppressed_request_is_free_for_the_next(world: World) -> None:
    suppress(world, "friend@example.com")
    world.put(body=request_body(idempotency_key="k"))
    assert world.consume(world.consumer(), world.take()) == []
    world.put(body=request_body(idempotency_key="k", to=["other@example.com"]))
    assert world.consume(world.consumer(), world.take()) == []
    assert len(world.mails()) == 1


def test_the_log_counts_whom_was_left_out_and_names_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    suppress(world, "b@example.com")
    world.put(body=request_body(**THREE))
    with caplog.at_level(logging.INFO):
        world.consume(world.consumer(), world.take())
    (line,) = [vars(record) for record in caplog.records if vars(record).get("event") == "left_out"]
    assert line["recipients"] == 1
    assert "example.com" not in str(line)
