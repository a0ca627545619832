"""A message in hand, and as it goes to the dead-letter queue."""

from typing import Any

import pytest

from mail_common.dead_letters import MAX_MESSAGE_BYTES
from mail_consumer.message import Message, dead_letter, read
from mail_consumer.request import RequestError
from tests.mail_records import FIFO, four_attributes, record, settings, text_attributes


def in_hand(**fields: Any) -> Message:
    return read(record(**fields), settings=settings())


def test_a_request_is_found_by_the_id_that_it_came_with_without_what_ses_refuses() -> None:
    message = in_hand(attributes=four_attributes(CorrelationId="a_B-9=="))
    assert message.correlation_id == "a_B-9"
    assert message.ids == {"message_id": message.id, "correlation_id": "a_B-9"}
    assert not isinstance(message.request, RequestError)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        text_attributes(CorrelationId="\n =\u3042"),
        {"CorrelationId": {"dataType": "Binary", "binaryValue": "AAEC"}},
    ],
    ids=["none", "nothing that SES takes", "no text"],
)
def test_without_an_id_to_use_a_request_is_found_by_its_own_and_not_refused(sent: dict[str, Any]) -> None:
    message = in_hand(attributes=four_attributes() | sent)
    assert message.correlation_id == message.id
    assert not isinstance(message.request, RequestError)


def test_of_a_long_id_stays_what_a_tag_can_hold() -> None:
    assert in_hand(attributes=four_attributes(CorrelationId="x" * 300)).correlation_id == "x" * 256


def test_a_dead_letter_keeps_body_and_attributes_whole_and_adds_the_reason() -> None:
    binary = {"Trace": {"dataType": "Binary", "binaryValue": "AAEC"}, "N": {"dataType": "Number", "stringValue": "7"}}
    message = in_hand(attributes=four_attributes() | binary)
    letter = dead_letter(message, reason="BadAddress", detail="to 'x' is wrong")
    attributes = letter["MessageAttributes"]
    assert letter["MessageBody"] == message.body
    assert attributes["Subject"] == {"DataType": "String", "StringValue": "こんにちは"}
    assert attributes["Trace"] == {"DataType": "Binary", "BinaryValue": b"\x00\x01\x02"}
    assert attributes["N"] == {"DataType": "Number", "StringValue": "7"}
    assert attributes["FailureReason"]["StringValue"] == "BadAddress"
    assert attributes["FailedRequestId"]["StringValue"] == message.id
    assert attributes["FailureDetail"]["StringValue"] == "to 'x' is wrong"


def test_a_message_with_ten_attributes_stays_as_it_is() -> None:
    message = in_hand(attributes=text_attributes(**{f"A{n}": "x" for n in range(10)}))
    assert len(dead_letter(message, reason="R", detail="D")["MessageAttributes"]) == 10


def test_with_one_place_left_the_reason_comes_first() -> None:
    message = in_hand(attributes=text_attributes(**{f"A{n}": "x" for n in range(9)}))
    assert "FailureReason" in dead_letter(message, reason="R", detail="D")["MessageAttributes"]


def test_nothing_is_added_to_a_message_of_the_largest_size() -> None:
    message = in_hand(body="x" * MAX_MESSAGE_BYTES)
    assert dead_letter(message, reason="R", detail="D")["MessageAttributes"] == {}


def test_a_long_detail_is_left_out_where_the_reason_still_fits() -> None:
    message = in_hand(body="x" * (MAX_MESSAGE_BYTES - 200))
    assert set(dead_letter(message, reason="R", detail="D" * 500)["MessageAttributes"]) == {
        "FailureReason",
        "FailedRequestId",
    }


def test_a_fifo_dead_letter_keeps_its_group_and_is_deduplicated_by_the_message() -> None:
    message = in_hand(attributes=four_attributes(), arn=FIFO, group="g")
    letter = dead_letter(message, reason="R", detail="D")
    assert (letter["MessageGroupId"], letter["MessageDeduplicationId"]) == ("g", message.id)


def test_a_group_id_on_a_standard_queue_is_no_order() -> None:
    message = in_hand(attributes=four_attributes(), group="tenant")
    assert message.group is None
    assert "MessageGroupId" not in dead_letter(message, reason="R", detail="D")
