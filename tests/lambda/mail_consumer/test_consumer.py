"""A batch of messages: who is sent what, once, and what comes back."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.mail_records import MAIL, request_body
from tests.mail_world import World


def test_a_message_sends_one_mail_and_leaves_its_record(world: World) -> None:
    message_id = world.put(**MAIL)
    assert world.consume(world.consumer(), world.take()) == []
    (mail,) = world.mails()
    assert (mail["to"], mail["subject"], mail["text"]) == (["friend@example.com"], "件名", "本文")
    record = world.delivery(message_id)
    assert record["status"] == "sent"
    assert record["ses_message_id"] == mail["message_id"]
    assert (record["attempts"], record["recipients"]) == ("1", "1")
    assert int(record["expires"]) > world.now() + 29 * 86_400


def test_the_same_message_delivered_again_sends_nothing_and_ends(world: World) -> None:
    world.put(**MAIL)
    records = world.take()
    assert world.consume(world.consumer(), records) == []
    assert world.consume(world.consumer(), records) == []
    assert len(world.mails()) == 1


def test_the_same_message_delivered_to_many_at_once_sends_one_mail(
    world: World, at_once: Callable[..., list[Any]]
) -> None:
    world.put(**MAIL)
    records = world.take()
    world.cloud.ses.settings(latency_ms=100)
    at_once(lambda consumer: world.consume(consumer, records), [world.consumer() for _ in range(8)])
    assert len(world.mails()) == 1


def test_the_same_message_twice_in_one_batch_sends_one_mail(world: World) -> None:
    world.put(**MAIL)
    assert world.consume(world.consumer(), world.take() * 2) == []
    assert len(world.mails()) == 1


def test_nine_good_and_one_bad_request_are_nine_mails_and_one_dead_letter_with_its_reason(world: World) -> None:
    for number in range(10):
        sender = "info@example.com" if number == 4 else MAIL["Sender"]
        world.put(**(MAIL | {"Sender": sender, "Subject": str(number)}))
    assert world.consume(world.consumer(), world.take()) == []
    assert sorted(world.subjects()) == [str(number) for number in range(10) if number != 4]
    (letter,) = world.dead_letters()
    assert letter["messageAttributes"]["FailureReason"]["stringValue"] == "ForeignSender"
    assert letter["messageAttributes"]["Subject"]["stringValue"] == "4"
    record = world.delivery(letter["messageAttributes"]["FailedRequestId"]["stringValue"])
    assert (record["status"], record["reason"]) == ("failed", "ForeignSender")


def test_a_fifo_group_stops_at_a_failing_head_and_other_groups_go_on(world: World) -> None:
    for group, subject in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3"), ("b", "b2")]:
        world.put(kind=".fifo", group=group, **(MAIL | {"Subject": subject, "Destination": f"{subject}@example.com"}))
    world.fail(recipient="a1@example.com")
    records = world.take(kind=".fifo")
    back = world.consume(world.consumer(), records)
    subjects = {record["messageId"]: record["messageAttributes"]["Subject"]["stringValue"] for record in records}
    assert [subjects[id_] for id_ in back] == ["a1", "a2", "a3"]
    assert world.subjects() == ["b1", "b2"]
    assert world.consume(world.consumer(), [record for record in records if record["messageId"] in back]) == []
    assert world.subjects() == ["b1", "b2", "a1", "a2", "a3"]


def test_the_followers_of_a_failing_head_spend_no_attempt(world: World) -> None:
    world.put(kind=".fifo", **MAIL)
    follower = world.put(kind=".fifo", **MAIL)
    records = world.take(kind=".fifo")
    for _ in range(3):
        world.fail()
        assert len(world.consume(world.consumer(), records)) == 2
    assert world.consume(world.consumer(), records) == []
    assert world.delivery(follower)["attempts"] == "1"


def test_requests_with_one_idempotency_key_send_one_mail(world: World) -> None:
    first = world.put(body=request_body(idempotency_key="order-7"))
    assert world.consume(world.consumer(), world.take()) == []
    second = world.put(body=request_body(idempotency_key="order-7"))
    assert world.consume(world.consumer(), world.take()) == []
    assert len(world.mails()) == 1
    assert world.delivery(second) | {"status": "duplicate", "duplicate_of": first} == world.delivery(second)


def test_a_failed_request_gives_its_idempotency_key_to_the_next(world: World) -> None:
    world.put(body=request_body(idempotency_key="order-8"))
    world.fail(code="MessageRejected", message="Illegal content", status=400)
    world.consume(world.consumer(), world.take())
    world.put(body=request_body(idempotency_key="order-8"))
    world.consume(world.consumer(), world.take())
    assert len(world.mails()) == 1


def test_attachments_come_from_the_bucket(world: World) -> None:
    world.s3.put_object(Bucket=world.name, Key="in/a.txt", Body=b"content")
    world.put(
        body=request_body(attachments=[{"s3_key": "in/a.txt", "filename": "a.txt", "content_type": "text/plain"}])
    )
    assert world.consume(world.consumer(), world.take()) == []
    (attachment,) = world.mails()[0]["attachments"]
    assert attachment["filename"] == "a.txt"


@pytest.mark.parametrize(
    ("key", "limit", "reason"), [("missing", 10_000_000, "NoAttachment"), ("large", 1_000, "TooLarge")]
)
def test_a_missing_or_too_large_attachment_is_rejected(world: World, key: str, limit: int, reason: str) -> None:
    world.s3.put_object(Bucket=world.name, Key="large", Body=b"x" * 1_000)
    message_id = world.put(body=request_body(attachments=[{"s3_key": key, "filename": "a"}]))
    assert world.consume(world.consumer(max_mail_bytes=limit), world.take()) == []
    assert world.delivery(message_id)["reason"] == reason
    assert world.mails() == []


def test_what_does_not_fit_the_remaining_time_goes_back_untried(world: World) -> None:
    ids = [world.put(kind=".fifo", **(MAIL | {"Subject": str(number)})) for number in range(5)]
    back = world.consume(world.consumer(send_rate=1.0), world.take(kind=".fifo"), seconds=17.6)
    assert back == ids[3:]
    assert world.subjects() == ["0", "1", "2"]


def test_a_batch_that_finds_the_rate_spent_holds_its_place_and_hands_everything_back(world: World) -> None:
    world.put(**MAIL)
    world.consume(world.consumer(send_rate=0.1), world.take())
    waiting = world.put(**MAIL)
    began = world.now()
    assert world.consume(world.consumer(send_rate=0.1), world.take(), seconds=16) == [waiting]
    assert world.now() - began >= 0.9


def test_logs_name_the_message_and_hold_no_address_subject_or_text(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="mail_consumer")
    ids = [world.put(**MAIL), world.put(**(MAIL | {"Destination": "no address"}))]
    world.fail(recipient="other@example.com")
    ids.append(world.put(**(MAIL | {"Destination": "other@example.com"})))
    world.consume(world.consumer(), world.take())
    lines = [record for record in caplog.records if record.name.startswith("mail_consumer")]
    assert {getattr(line, "event", None) for line in lines} == {"sent", "rejected", "retried", "handed_back"}
    assert {vars(line)["message_id"] for line in lines if "message_id" in vars(line)} == set(ids)
    written = json.dumps([vars(line) for line in lines], default=str, ensure_ascii=False)
    for private in ("friend@", "other@", "no address", MAIL["Sender"], MAIL["Subject"], MAIL["Body"]):
        assert private not in written
