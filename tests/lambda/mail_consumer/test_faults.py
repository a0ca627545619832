"""Sends that fail, answers that get lost, invocations that die, and tables that cannot be reached."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.mail_records import MAIL
from tests.mail_world import World


def test_a_message_goes_to_the_dead_letter_queue_after_its_attempts_not_its_receives(world: World) -> None:
    message_id = world.put(**MAIL)
    records = world.take()
    records[0]["attributes"]["ApproximateReceiveCount"] = "90"
    consumer = world.consumer(max_attempts=3)
    for _ in range(2):
        world.fail()
        assert world.consume(consumer, records) == [message_id]
        assert world.delivery(message_id)["status"] == "waiting"
    world.fail()
    assert world.consume(consumer, records) == []
    assert world.delivery(message_id) | {"attempts": "3", "status": "failed"} == world.delivery(message_id)
    assert world.dead_letters()[0]["messageAttributes"]["FailureReason"]["stringValue"] == "InternalFailure"


def test_throttling_costs_no_attempt_however_often(world: World) -> None:
    message_id = world.put(**MAIL)
    records = world.take()
    consumer = world.consumer(max_attempts=1)
    for _ in range(4):
        world.fail(code="TooManyRequestsException", message="Maximum sending rate exceeded", status=429)
        assert world.consume(consumer, records) == [message_id]
    assert world.consume(consumer, records) == []
    record = world.delivery(message_id)
    assert (record["status"], record["attempts"], record["throttles"]) == ("sent", "1", "4")


def test_an_answer_of_ses_that_is_final_is_not_tried_again(world: World) -> None:
    message_id = world.put(**MAIL)
    world.fail(code="MessageRejected", message="Illegal content", status=400)
    assert world.consume(world.consumer(), world.take()) == []
    record = world.delivery(message_id)
    assert (record["status"], record["reason"], record["attempts"]) == ("failed", "MessageRejected", "1")
    assert "Illegal content" in record["detail"]


def test_a_lost_answer_goes_to_the_dead_letter_queue_as_undecided_and_is_never_sent_twice(world: World) -> None:
    world.put(**MAIL)
    world.fail(lose_answer=True)
    assert world.consume(world.consumer(on_undecided="ask"), world.take()) == []
    assert len(world.mails()) == 1
    assert world.dead_letters()[0]["messageAttributes"]["FailureReason"]["stringValue"] == "undecided"


def test_a_lost_answer_is_sent_again_where_that_is_preferred(world: World) -> None:
    message_id = world.put(**MAIL)
    records = world.take()
    world.fail(lose_answer=True)
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
    message_id = world.put(**MAIL)
    records = world.take()
    with monkeypatch.context() as killing:
        kill_at_send(killing, world)
        with pytest.raises(KilledError):
            world.consume(world.consumer(), records)
    consumer = world.consumer(on_undecided=on_undecided)
    assert world.consume(consumer, records) == [message_id], "another invocation may still be sending it"
    world.clock_ahead += 100  # past every claim
    assert world.consume(consumer, records) == []
    assert len(world.mails()) == mails
    assert world.delivery(message_id)["status"] == status


def test_nothing_is_lost_when_the_tables_cannot_be_reached(world: World) -> None:
    message_id = world.put(**MAIL)
    consumer = world.consumer(deliveries_table="no-such-table")
    assert world.consume(consumer, world.take()) == [message_id]
    assert world.mails() == []


def test_a_request_that_cannot_be_claimed_comes_back_and_the_others_are_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [world.put(**(MAIL | {"Subject": str(number)})) for number in range(3)]
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
    message_id = world.put(**MAIL)
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
