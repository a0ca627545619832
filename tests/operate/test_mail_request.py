"""What may be typed for a mail request, and what arrives on the queue."""

from collections.abc import Callable
from typing import Any

import pytest

from operate.command import InputError
from operate.request import TypedRequest, delay_seconds, put
from operate.stage import Stage

DELAY_ON_FIFO = (
    "DELAY '5' cannot be kept on QUEUE fifo, where a message has no delay of its own; "
    "leave DELAY out or use QUEUE=delay"
)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "TO is empty, expected the address of the recipient: make mail TO=you@example.com"),
        ({"TO": "a@b.test", "QUEUE": "fast"}, "QUEUE 'fast' is not one of standard, fifo, delay"),
        ({"TO": "a@b.test", "DELAY": "901"}, "DELAY '901' is not a whole number of seconds from 0 to 900"),
        ({"TO": "a@b.test", "DELAY": "-1"}, "DELAY '-1' is not a whole number of seconds from 0 to 900"),
        ({"TO": "a@b.test", "DELAY": "soon"}, "DELAY 'soon' is not a whole number of seconds from 0 to 900"),
        ({"TO": "a@b.test", "WAIT": "1.5"}, "WAIT '1.5' is not a whole number of seconds"),
        (
            {"TO": "a@b.test", "QUEUE": "fifo", "DELAY": "5"},
            DELAY_ON_FIFO,
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(typed: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as error:
        TypedRequest.from_environment(typed)
    assert str(error.value) == message


def test_only_the_recipient_has_to_be_typed() -> None:
    request = TypedRequest.from_environment({"TO": "a@b.test", "FROM": "", "QUEUE": "", "DELAY": "", "WAIT": ""})
    assert (request.queue, request.delay, request.wait) == ("standard", None, 60)
    assert request.subject
    assert request.body


def test_the_message_on_the_queue_is_in_the_wire_format(stage: Stage, receive: Callable[[str], dict[str, Any]]) -> None:
    typed = {"TO": '"O\'Brien" <a@b.test>', "SUBJECT": "件名 $5", "BODY": "本文\n二行目"}
    message_id = put(stage, TypedRequest.from_environment(typed))
    message = receive("standard")
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["MessageId"] == message_id
    assert {value["DataType"] for value in message["MessageAttributes"].values()} == {"String"}
    assert attributes == {
        "Sender": "test@edgepost.test",
        "Destination": typed["TO"],
        "Subject": typed["SUBJECT"],
        "Body": typed["BODY"],
    }
    assert len(message["Body"]) == len("YYYYmmddHHMMSS")
    assert message["Body"].isdecimal()


def test_two_equal_requests_on_the_fifo_queue_are_two_messages_of_one_group(
    stage: Stage, receive: Callable[[str], dict[str, Any]]
) -> None:
    request = TypedRequest.from_environment({"TO": "a@b.test", "QUEUE": "fifo"})
    first, second = put(stage, request), put(stage, request)
    assert first != second
    message = receive("fifo")
    assert message["MessageId"] == first
    assert message["Attributes"]["MessageGroupId"] == "make-mail"


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ({"QUEUE": "delay"}, 30),
        ({"QUEUE": "delay", "DELAY": "0"}, 0),
        ({"QUEUE": "standard"}, 0),
        ({"QUEUE": "standard", "DELAY": "900"}, 900),
    ],
)
def test_a_delay_that_is_typed_goes_before_that_of_the_queue(stage: Stage, typed: dict[str, str], seconds: int) -> None:
    assert delay_seconds(stage, TypedRequest.from_environment({"TO": "a@b.test", **typed})) == seconds
