"""Requests that were sent in again: one mail for all messages about one request, whatever fails in between."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mail_consumer.redrives import Redrives
from tests.mail_records import MAIL, request_body
from tests.mail_world import World

FAILED = "00000000-0000-4000-8000-0000000000ff"
AGAIN = {**MAIL, "RedrivenFrom": FAILED}
NO_ANSWER = ClientError({"Error": {"Code": "InternalServerError", "Message": "try again"}}, "UpdateItem")


def take_all(world: World, **settings: Any) -> None:
    while records := world.take():
        world.consume(world.consumer(**settings), records)


def test_of_two_messages_for_one_failed_request_one_is_sent_and_the_other_names_it(world: World) -> None:
    ids = {world.put(**AGAIN) for _ in range(2)}
    take_all(world)
    (sent,) = [id_ for id_ in ids if world.delivery(id_)["status"] == "sent"]
    (other,) = ids - {sent}
    assert len(world.mails()) == 1
    assert (world.delivery(other)["status"], world.delivery(other)["duplicate_of"]) == ("duplicate", sent)
    assert {world.delivery(id_)["redriven_from"] for id_ in ids} == {FAILED}
    assert (world.delivery(FAILED)["status"], world.delivery(FAILED)["redriven_to"]) == ("failed", sent)


def test_the_message_that_the_record_names_already_is_the_one_that_is_sent(world: World) -> None:
    first, second = world.put(**AGAIN), world.put(**AGAIN)
    redrives = Redrives(client=world.dynamodb, table=f"{world.name}-deliveries", record_days=30, now=world.now)
    assert redrives.take(FAILED, message_id=second) is None
    assert redrives.take(FAILED, message_id=first) == second
    take_all(world)
    assert [world.delivery(id_)["status"] for id_ in (first, second)] == ["duplicate", "sent"]


def test_two_that_are_rejected_are_one_dead_letter(world: World) -> None:
    for _ in range(2):
        world.put(**(AGAIN | {"Destination": "nobody"}))
    take_all(world)
    assert len(world.dead_letters()) == 1


def test_a_request_that_was_sent_is_never_sent_again(world: World) -> None:
    sent = world.put(**MAIL)
    take_all(world)
    again = world.put(**(MAIL | {"RedrivenFrom": sent}))
    take_all(world)
    assert len(world.mails()) == 1
    assert (world.delivery(again)["status"], world.delivery(again)["duplicate_of"]) == ("duplicate", sent)
    assert "redriven_to" not in world.delivery(sent)


def test_what_ses_tells_to_have_been_sent_is_not_sent_by_the_message_that_stands_for_it(world: World) -> None:
    again = world.put(**AGAIN)
    world.dynamodb.put_item(
        TableName=f"{world.name}-deliveries",
        Item={"id": {"S": FAILED}, "status": {"S": "failed"}, "redriven_to": {"S": again}, "outcomes": {"M": {}}},
    )
    take_all(world)
    assert (world.delivery(again)["duplicate_of"], world.mails()) == (FAILED, [])


def test_what_names_no_message_id_is_sent_as_a_request_of_its_own(world: World) -> None:
    ids = [world.put(**(MAIL | {"RedrivenFrom": text})) for text in ("key#k", "sending", FAILED.upper())]
    take_all(world)
    assert [world.delivery(id_)["status"] for id_ in ids] == ["sent"] * 3


def test_a_record_that_cannot_be_asked_costs_an_attempt_and_no_mail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = world.put(**AGAIN)
    records = world.take()

    def fail(*_: object, **__: object) -> None:
        raise NO_ANSWER

    with monkeypatch.context() as patch:
        patch.setattr(Redrives, "take", fail)
        assert world.consume(world.consumer(), records) == [message_id]
    assert (world.delivery(message_id)["status"], world.mails()) == ("waiting", [])
    assert world.consume(world.consumer(), records) == []
    assert len(world.mails()) == 1


def test_one_that_another_stands_for_is_not_put_aside_as_undecided(world: World) -> None:
    first, second = world.put(**AGAIN), world.put(**AGAIN)
    by_id = {record["messageId"]: record for record in world.take()}
    world.consume(world.consumer(), [by_id[first]])
    world.dynamodb.put_item(
        TableName=f"{world.name}-deliveries",
        Item={
            "id": {"S": second},
            "status": {"S": "sending"},
            "owner": {"S": "killed"},
            "attempts": {"N": "1"},
            "lease_until": {"N": "1"},
        },
    )
    assert world.consume(world.consumer(on_undecided="ask"), [by_id[second]]) == []
    assert (world.delivery(second)["status"], world.dead_letters()) == ("duplicate", [])


def test_a_key_that_a_failed_request_has_kept_is_no_obstacle(world: World) -> None:
    """Where SQS has moved a request to the dead-letter queue, nobody has given its key free."""
    world.dynamodb.put_item(TableName=f"{world.name}-deliveries", Item={"id": {"S": "key#k"}, "message": {"S": FAILED}})
    body = request_body(idempotency_key="k")
    again, other = world.put(body=body, RedrivenFrom=FAILED), world.put(body=body)
    by_id = {record["messageId"]: record for record in world.take()}
    for id_ in (other, again):
        world.consume(world.consumer(), [by_id[id_]])
    assert world.delivery(again)["status"] == "sent"
    assert world.delivery(other)["duplicate_of"] == FAILED


def test_a_record_that_only_names_who_stands_for_it_ends_its_own_message(world: World) -> None:
    failed = world.put(**MAIL)
    (record,) = world.take()
    world.put(**(MAIL | {"RedrivenFrom": failed}))
    take_all(world)
    assert world.consume(world.consumer(), [record]) == []
    assert len(world.mails()) == 1
