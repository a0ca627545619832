"""A batch of messages: who is sent what, once, and what comes back."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.mail_records import DOMAIN, request_body
from tests.mail_world import World

REQUEST = {"Sender": f"info@{DOMAIN}", "Destination": "friend@example.com", "Subject": "件名", "Body": "本文"}


def fail(world: World, **fault: Any) -> None:
    """Let the next sends fail; by default with an answer that says nothing."""
    usual: dict[str, Any] = {"times": 1, "code": "InternalFailure", "message": "try again", "status": 500}
    world.cloud.ses.fail(**(usual | fault))


def come_back(world: World) -> None:
    """Put the consumer's clock past every claim."""
    world.clock_ahead += 100


def test_a_message_sends_one_mail_and_leaves_its_record(world: World) -> None:
    message_id = world.put(**REQUEST)
    assert world.consume(world.consumer(), world.take()) == []
    (mail,) = world.mails()
    assert (mail["to"], mail["subject"], mail["text"]) == (["friend@example.com"], "件名", "本文")
    record = world.delivery(message_id)
    assert record["status"] == "sent"
    assert record["ses_message_id"] == mail["message_id"]
    assert (record["attempts"], record["recipients"]) == ("1", "1")
    assert int(record["expires"]) > world.now() + 29 * 86_400


def test_the_same_message_delivered_again_sends_nothing_and_ends(world: World) -> None:
    world.put(**REQUEST)
    records = world.take()
    assert world.consume(world.consumer(), records) == []
    assert world.consume(world.consumer(), records) == []
    assert len(world.mails()) == 1


def test_the_same_message_delivered_to_many_at_once_sends_one_mail(
    world: World, at_once: Callable[..., list[Any]]
) -> None:
    world.put(**REQUEST)
    records = world.take()
    world.cloud.ses.settings(latency_ms=100)
    at_once(lambda consumer: world.consume(consumer, records), [world.consumer() for _ in range(8)])
    assert len(world.mails()) == 1


def test_the_same_message_twice_in_one_batch_sends_one_mail(world: World) -> None:
    world.put(**REQUEST)
    assert world.consume(world.consumer(), world.take() * 2) == []
    assert len(world.mails()) == 1


def test_nine_good_and_one_bad_request_are_nine_mails_and_one_dead_letter_with_its_reason(world: World) -> None:
    for number in range(10):
        sender = "info@example.com" if number == 4 else REQUEST["Sender"]
        world.put(**(REQUEST | {"Sender": sender, "Subject": str(number)}))
    assert world.consume(world.consumer(), world.take()) == []
    assert sorted(world.subjects()) == [str(number) for number in range(10) if number != 4]
    (letter,) = world.dead_letters()
    assert letter["messageAttributes"]["FailureReason"]["stringValue"] == "ForeignSender"
    assert letter["messageAttributes"]["Subject"]["stringValue"] == "4"
    record = world.delivery(letter["messageAttributes"]["FailedRequestId"]["stringValue"])
    assert (record["status"], record["reason"]) == ("failed", "ForeignSender")


def test_a_fifo_group_stops_at_a_failing_head_and_other_groups_go_on(world: World) -> None:
    for group, subject in [("a", "a1"), ("a", "a2"), ("b", "b1"), ("a", "a3"), ("b", "b2")]:
        world.put(
            kind=".fifo", group=group, **(REQUEST | {"Subject": subject, "Destination": f"{subject}@example.com"})
        )
    fail(world, recipient="a1@example.com")
    records = world.take(kind=".fifo")
    back = world.consume(world.consumer(), records)
    subjects = {record["messageId"]: record["messageAttributes"]["Subject"]["stringValue"] for record in records}
    assert [subjects[id_] for id_ in back] == ["a1", "a2", "a3"]
    assert world.subjects() == ["b1", "b2"]
    assert world.consume(world.consumer(), [record for record in records if record["messageId"] in back]) == []
    assert world.subjects() == ["b1", "b2", "a1", "a2", "a3"]


def test_the_followers_of_a_failing_head_spend_no_attempt(world: World) -> None:
    world.put(kind=".fifo", **REQUEST)
    follower = world.put(kind=".fifo", **REQUEST)
    records = world.take(kind=".fifo")
    for _ in range(3):
        fail(world)
        assert len(world.consume(world.consumer(), records)) == 2
    assert world.consume(world.consumer(), records) == []
    assert world.delivery(follower)["attempts"] == "1"


def test_a_message_goes_to_the_dead_letter_queue_after_its_attempts_not_its_receives(world: World) -> None:
    message_id = world.put(**REQUEST)
    records = world.take()
    records[0]["attributes"]["ApproximateReceiveCount"] = "90"
    consumer = world.consumer(max_attempts=3)
    for _ in range(2):
        fail(world)
        assert world.consume(consumer, records) == [message_id]
        assert world.delivery(message_id)["status"] == "waiting"
    fail(world)
    assert world.consume(consumer, records) == []
    assert world.delivery(message_id) | {"attempts": "3", "status": "failed"} == world.delivery(message_id)
    assert world.dead_letters()[0]["messageAttributes"]["FailureReason"]["stringValue"] == "InternalFailure"


def test_throttling_costs_no_attempt_however_often(world: World) -> None:
    message_id = world.put(**REQUEST)
    records = world.take()
    consumer = world.consumer(max_attempts=1)
    for _ in range(4):
        fail(world, code="TooManyRequestsException", message="Maximum sending rate exceeded", status=429)
        assert world.consume(consumer, records) == [message_id]
    assert world.consume(consumer, records) == []
    record = world.delivery(message_id)
    assert (record["status"], record["attempts"], record["throttles"]) == ("sent", "1", "4")


def test_an_answer_of_ses_that_is_final_is_not_tried_again(world: World) -> None:
    message_id = world.put(**REQUEST)
    fail(world, code="MessageRejected", message="Illegal content", status=400)
    assert world.consume(world.consumer(), world.take()) == []
    record = world.delivery(message_id)
    assert (record["status"], record["reason"], record["attempts"]) == ("failed", "MessageRejected", "1")
    assert "Illegal content" in record["detail"]


def test_a_lost_answer_goes_to_the_dead_letter_queue_as_undecided_and_is_never_sent_twice(world: World) -> None:
    world.put(**REQUEST)
    fail(world, lose_answer=True)
    assert world.consume(world.consumer(on_undecided="ask"), world.take()) == []
    assert len(world.mails()) == 1
    assert world.dead_letters()[0]["messageAttributes"]["FailureReason"]["stringValue"] == "undecided"


def test_a_lost_answer_is_sent_again_where_that_is_preferred(world: World) -> None:
    message_id = world.put(**REQUEST)
    records = world.take()
    fail(world, lose_answer=True)
    consumer = world.consumer(on_undecided="resend")
    assert world.consume(consumer, records) == [message_id]
    assert world.consume(consumer, records) == []
    assert len(world.mails()) == 2
    assert world.delivery(message_id)["status"] == "sent"


class KilledError(BaseException):
    """The end of a process, in the middle of a send."""


def kill_at_send(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    def die(**_call: Any) -> None:
        raise KilledError

    monkeypatch.setattr(world.ses, "send_email", die)


@pytest.mark.parametrize(("on_undecided", "mails", "status"), [("ask", 0, "failed"), ("resend", 1, "sent")])
def test_a_mail_whose_invocation_was_killed_is_decided_by_the_setting(
    world: World, monkeypatch: pytest.MonkeyPatch, on_undecided: str, mails: int, status: str
) -> None:
    message_id = world.put(**REQUEST)
    records = world.take()
    with monkeypatch.context() as killing:
        kill_at_send(killing, world)
        with pytest.raises(KilledError):
            world.consume(world.consumer(), records)
    consumer = world.consumer(on_undecided=on_undecided)
    assert world.consume(consumer, records) == [message_id], "another invocation may still be sending it"
    come_back(world)
    assert world.consume(consumer, records) == []
    assert len(world.mails()) == mails
    assert world.delivery(message_id)["status"] == status


def test_requests_with_one_idempotency_key_send_one_mail(world: World) -> None:
    first = world.put(body=request_body(idempotency_key="order-7"))
    assert world.consume(world.consumer(), world.take()) == []
    second = world.put(body=request_body(idempotency_key="order-7"))
    assert world.consume(world.consumer(), world.take()) == []
    assert len(world.mails()) == 1
    assert world.delivery(second) | {"status": "duplicate", "duplicate_of": first} == world.delivery(second)


def test_a_failed_request_gives_its_idempotency_key_to_the_next(world: World) -> None:
    world.put(body=request_body(idempotency_key="order-8"))
    fail(world, code="MessageRejected", message="Illegal content", status=400)
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
    ids = [world.put(kind=".fifo", **(REQUEST | {"Subject": str(number)})) for number in range(5)]
    back = world.consume(world.consumer(send_rate=2.0), world.take(kind=".fifo"), seconds=16.2)
    assert back == ids[3:]
    assert world.subjects() == ["0", "1", "2"]


def test_a_batch_that_finds_the_rate_spent_holds_its_place_and_hands_everything_back(world: World) -> None:
    world.put(**REQUEST)
    world.consume(world.consumer(send_rate=0.1), world.take())
    waiting = world.put(**REQUEST)
    began = world.now()
    assert world.consume(world.consumer(send_rate=0.1), world.take(), seconds=16) == [waiting]
    assert world.now() - began >= 0.9


def test_nothing_is_lost_when_the_tables_cannot_be_reached(world: World) -> None:
    message_id = world.put(**REQUEST)
    consumer = world.consumer(deliveries_table="no-such-table")
    assert world.consume(consumer, world.take()) == [message_id]
    assert world.mails() == []


def test_a_request_that_cannot_be_claimed_comes_back_and_the_others_are_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [world.put(**(REQUEST | {"Subject": str(number)})) for number in range(3)]
    real = world.dynamodb.batch_execute_statement

    def throttle_one(**call: Any) -> Any:
        answer = real(Statements=call["Statements"][1:])
        return {"Responses": [{"Error": {"Code": "ThrottlingError"}}, *answer["Responses"]]}

    monkeypatch.setattr(world.dynamodb, "batch_execute_statement", throttle_one)
    (back,) = world.consume(world.consumer(), world.take())
    assert back in ids
    assert len(world.mails()) == 2
    monkeypatch.undo()
    assert world.take() == [], "hidden for a while, so that a fault spends no receives"


@pytest.mark.parametrize(("answer", "status"), [("ThrottlingError", "sent"), (None, "sending")])
def test_a_mail_that_is_sent_ends_even_if_its_record_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str | None, status: str
) -> None:
    """A record that fails by itself is written once more; without the table the mail ends all the same."""
    message_id = world.put(**REQUEST)
    real = world.dynamodb.batch_execute_statement

    def fail_records(**call: Any) -> Any:
        if call["Statements"][0]["Statement"].startswith("INSERT"):
            return real(**call)
        if answer is None:
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "BatchExecuteStatement")
        return {"Responses": [{"Error": {"Code": answer}}]}

    monkeypatch.setattr(world.dynamodb, "batch_execute_statement", fail_records)
    assert world.consume(world.consumer(), world.take()) == []
    assert len(world.mails()) == 1
    assert world.delivery(message_id)["status"] == status


def test_logs_name_the_message_and_hold_no_address_subject_or_text(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="mail_consumer")
    ids = [world.put(**REQUEST), world.put(**(REQUEST | {"Destination": "no address"}))]
    fail(world, recipient="other@example.com")
    ids.append(world.put(**(REQUEST | {"Destination": "other@example.com"})))
    world.consume(world.consumer(), world.take())
    lines = [record for record in caplog.records if record.name.startswith("mail_consumer")]
    assert {getattr(line, "event", None) for line in lines} == {"sent", "rejected", "retried", "handed_back"}
    assert {vars(line)["message_id"] for line in lines if "message_id" in vars(line)} == set(ids)
    written = json.dumps([vars(line) for line in lines], default=str, ensure_ascii=False)
    for private in ("friend@", "other@", "no address", REQUEST["Sender"], REQUEST["Subject"], REQUEST["Body"]):
        assert private not in written
