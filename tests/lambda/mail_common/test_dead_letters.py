"""Messages that no try can help, as SQS takes them."""

import base64
from typing import Any

import pytest

from mail_common.dead_letters import (
    MAX_ATTRIBUTES,
    MAX_MESSAGE_BYTES,
    dead_letter,
    dead_letter_of,
    own_attributes,
    redriven_from,
    with_text,
)
from tests.mail_feedback_world import FeedbackWorld, sqs_record

WHY = {"reason": "UnreadableEvent", "detail": "no event of SES"}


def letter(body: str = "body", **changed: Any) -> dict[str, Any]:
    known: dict[str, Any] = {"url": "http://queue", "message_id": "id", "attributes": {}, **WHY}
    return dead_letter(body=body, **(known | changed))


def reasons(made: dict[str, Any]) -> dict[str, str]:
    return {name: attribute["StringValue"] for name, attribute in made["MessageAttributes"].items()}


def test_a_record_is_put_aside_whole_and_with_the_reason(world: FeedbackWorld) -> None:
    record = sqs_record("本文") | {
        "messageAttributes": {
            "Subject": {"stringValue": "件名", "dataType": "String"},
            "Bytes": {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary"},
        }
    }
    world.sqs.send_message(**dead_letter_of(record, url=world.dead_letter_url, **WHY))
    (message,) = world.sqs.receive_message(QueueUrl=world.dead_letter_url, MessageAttributeNames=["All"])["Messages"]
    attributes = message["MessageAttributes"]
    assert message["Body"] == "本文"
    assert attributes.pop("Bytes")["BinaryValue"] == b"\x00\xff"
    assert {name: attribute["StringValue"] for name, attribute in attributes.items()} == {
        "Subject": "件名",
        "FailureReason": "UnreadableEvent",
        "FailedRequestId": record["messageId"],
        "FailureDetail": "no event of SES",
    }


def test_the_reason_is_left_out_where_there_is_no_room_and_the_message_stays_whole() -> None:
    full = letter("x" * (MAX_MESSAGE_BYTES - 10))
    assert (len(full["MessageBody"]), full["MessageAttributes"]) == (MAX_MESSAGE_BYTES - 10, {})
    some = {f"a{number}": {"stringValue": "x", "dataType": "String"} for number in range(MAX_ATTRIBUTES - 1)}
    assert reasons(letter(attributes=some)).keys() == {*some, "FailureReason"}


def test_what_is_longer_than_the_room_is_left_out_alone() -> None:
    body = "x" * (MAX_MESSAGE_BYTES - 100)
    assert reasons(letter(body, detail="y" * 100)).keys() == {"FailureReason", "FailedRequestId"}


def test_a_message_of_a_fifo_queue_keeps_its_group_and_is_put_aside_once() -> None:
    made = letter(group="customer")
    assert (made["MessageGroupId"], made["MessageDeduplicationId"]) == ("customer", "id")
    assert "MessageGroupId" not in letter()


def received(body: str = "body", **texts: str) -> dict[str, Any]:
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    return {"Body": body, "MessageAttributes": attributes}


def test_a_letter_loses_what_was_added_and_nothing_else() -> None:
    added = dict.fromkeys(("FailureReason", "FailedRequestId", "FailureDetail", "RedrivenFrom"), "x")
    assert own_attributes(received(**added, Subject="s")).keys() == {"Subject"}
    assert own_attributes({"Body": "no attributes"}) == {}


def test_more_is_added_only_where_there_is_room_for_it() -> None:
    nine = {f"a{number}": "x" for number in range(MAX_ATTRIBUTES - 1)}
    assert (with_text(received(), own_attributes(received(**nine)), More="y") or {}).keys() == {*nine, "More"}
    assert with_text(received(), own_attributes(received(**nine, ten="x")), More="y") is None
    size = len("More") + len("String") + len("y")
    assert with_text(received("x" * (MAX_MESSAGE_BYTES - size)), {}, More="y") is not None
    assert with_text(received("x" * (MAX_MESSAGE_BYTES - size + 1)), {}, More="y") is None


@pytest.mark.parametrize("value", [{}, {"dataType": "Binary", "binaryValue": "eA=="}, {"stringValue": "key#k"}])
def test_who_names_no_message_id_is_not_sent_in_again_for_another(value: dict[str, str]) -> None:
    assert redriven_from({"RedrivenFrom": value}) == ""
    assert redriven_from({}) == ""
