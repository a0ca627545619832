"""What happens twice, at once, too late or not at all: every mail ends once, and none is lost."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mail_inbox import reading
from mail_inbox.inbox import LAST_START_BEFORE_DEADLINE_S, MAX_ATTEMPTS
from mail_inbox.notification import SETUP_ID
from tests.inbox_world import INVOCATION_S, InboxWorld, Refusing
from tests.received_mails import SUPPORT, file, mail, multipart, nested

DOWN = ClientError({"Error": {"Code": "InternalError", "Message": "try again"}}, "Any")
AWAY = EndpointConnectionError(endpoint_url="https://example.com")


def test_the_same_notification_twice_has_one_end(world: InboxWorld) -> None:
    message = world.receive()
    assert world.take(message, message) == []
    before = world.record(message)
    assert world.take(message | {"messageId": "again"}) == []
    assert world.record(message) == before
    assert len(world.requests()) == 1


def test_two_messages_about_one_mail_in_one_batch_have_one_end(world: InboxWorld) -> None:
    message = world.receive()
    back = world.take(message, message | {"messageId": "again"})
    world.clock_ahead += 2 * INVOCATION_S
    assert world.take(*[message | {"messageId": id_} for id_ in back]) == []
    assert world.record(message)["status"] == "stored"
    assert len({request["idempotency_key"] for request in world.requests()}) == 1


def test_a_batch_ends_each_for_itself(world: InboxWorld) -> None:
    good, other = world.receive(), world.receive(b"no header")
    inbox = world.inbox()
    batch = [world.message(bucket="other"), good, other, *[world.receive() for _ in range(12)]]
    assert world.take(*batch, inbox=inbox) == []
    statuses = [world.record(message)["status"] for message in batch[1:]]
    assert statuses == ["stored", "unreadable", *["stored"] * 12]


def test_a_mail_that_another_invocation_has_in_hand_comes_back(world: InboxWorld) -> None:
    message = world.receive()
    claimed(world, message)
    assert world.take(message) == [message["messageId"]]
    assert world.record(message)["status"] == "reading"
    world.clock_ahead += INVOCATION_S + 10
    assert world.take(message) == []
    assert world.record(message)["status"] == "stored"


def claimed(world: InboxWorld, message: dict[str, Any]) -> None:
    """Leave a mail as an invocation leaves it that ends while it reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read", ends_the_process)
        assert world.take(message) == [message["messageId"]]


def ends_the_process(raw: bytes) -> None:
    raise MemoryError(len(raw))


def test_a_mail_that_ends_the_function_again_and_again_gets_a_record_and_is_not_read_any_more(
    world: InboxWorld,
) -> None:
    message = world.receive()
    for _ in range(MAX_ATTEMPTS):
        claimed(world, message)
        assert world.record(message)["envelope"] == [SUPPORT]
        world.clock_ahead += INVOCATION_S + 10
    assert world.take(message) == []
    record = world.record(message)
    assert (record["status"], record["reason"]) == ("unreadable", "NoEnd")
    assert world.kept(message) == mail()
    assert world.requests() == []


@pytest.mark.parametrize(
    ("service", "call"), [("s3", "get_object"), ("s3", "put_object"), ("sqs", "send_message"), ("sns", "publish")]
)
@pytest.mark.parametrize("error", [DOWN, AWAY])
def test_a_service_that_gives_no_answer_delays_a_mail_and_does_not_end_it(
    world: InboxWorld, service: str, call: str, error: Exception
) -> None:
    message = world.receive()
    setattr(world, service, Refusing(getattr(world, service), call, *[error] * 5))
    inbox = world.inbox(world.published(forward_to=("a@example.com",)))
    for _ in range(5):
        assert world.take(message, inbox=inbox) == [message["messageId"]]
        record = world.record(message)
        assert record["status"] == "reading"
        assert record["reason"] in {"InternalError", "EndpointConnectionError"}
    assert world.take(message, inbox=inbox) == []
    record = world.record(message)
    assert record["status"] == "stored"
    assert not {"reason", "detail", "owner", "attempts", "lease_until"} & set(record)
    assert len({request["idempotency_key"] for request in world.requests()}) == 1


def test_a_table_that_gives_no_answer_keeps_a_mail_from_being_read(world: InboxWorld) -> None:
    message = world.receive()
    world.dynamodb = Refusing(world.dynamodb, "update_item", DOWN)
    inbox = world.inbox()
    assert world.take(message, inbox=inbox) == [message["messageId"]]
    assert world.requests() == []
    assert world.take(message, inbox=inbox) == []


def test_an_invocation_whose_claim_ran_out_does_not_overwrite_the_end(world: InboxWorld, monkeypatch: Any) -> None:
    message, other = world.receive(), world.inbox()
    original = reading.read

    def overtaken(raw: bytes) -> Any:
        monkeypatch.setattr(reading, "read", original)
        world.clock_ahead += INVOCATION_S + 10
        assert world.take(message, inbox=other) == []
        return original(raw)

    monkeypatch.setattr(reading, "read", overtaken)
    assert world.take(message) == []
    record = world.record(message)
    keys = {request["idempotency_key"] for request in world.requests()}
    assert (record["status"], len(keys)) == ("stored", 1)


def test_a_mail_for_which_there_is_no_time_comes_back_unclaimed(world: InboxWorld) -> None:
    message = world.receive()
    assert world.take(message, seconds=LAST_START_BEFORE_DEADLINE_S - 1) == [message["messageId"]]
    assert world.record(message) == {}


def test_a_mail_that_is_not_in_the_bucket_is_unreadable(world: InboxWorld) -> None:
    message = world.message()
    assert world.take(message) == []
    record = world.record(message)
    assert (record["status"], record["reason"]) == ("unreadable", "NoObject")


def test_a_mail_that_is_larger_than_ses_takes_is_not_read(world: InboxWorld, monkeypatch: Any) -> None:
    monkeypatch.setattr(reading, "MAX_MAIL_BYTES", 100)
    record = world.result(mail(b"x" * 100))
    assert (record["status"], record["reason"]) == ("unreadable", "TooLarge")
    assert record["size"] > 100


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "NoHeader"),
        (b"\x00" * 1000, "NoHeader"),
        (nested(3000), "Structure"),
        (multipart(*[({}, b"x")] * 3000), "Structure"),
        (b"X: 1\r\n" * 100_000, "Header"),
    ],
)
def test_a_hostile_mail_gets_a_record_with_a_reason_and_stays(world: InboxWorld, raw: bytes, reason: str) -> None:
    message = world.receive(raw)
    assert world.take(message) == []
    record = world.record(message)
    assert (record["status"], record["reason"]) == ("unreadable", reason)
    assert record["detail"]
    assert world.kept(message) == raw
    assert world.requests() == world.dead_letters() == []


def test_names_with_control_characters_are_recorded_without_them(world: InboxWorld) -> None:
    record = world.result(
        multipart(file(b"x", name="a\x00\x07b\u202egpj.exe"), fields={"From": "A\x00\x1b[31m <a@example.com>"})
    )
    assert record["attachments"][0]["name"] == "a b gpj.exe"
    assert record["from"] == "A [31m <a@example.com>"


@pytest.mark.parametrize("body", ["", "Successfully validated SNS topic", "{}", json.dumps({"Type": "Notification"})])
def test_a_message_that_tells_of_no_mail_goes_to_the_dead_letters_with_a_reason(world: InboxWorld, body: str) -> None:
    # SQS takes no empty body.
    message = world.message() | {"body": body or " "}
    assert world.take(message) == []
    [letter] = world.dead_letters()
    assert (letter["Body"], letter["FailureReason"]) == (body or " ", "BadNotification")
    assert letter["FailedRequestId"] == message["messageId"]
    assert letter["FailureDetail"]


def test_a_message_that_cannot_be_put_among_the_dead_letters_comes_back(world: InboxWorld) -> None:
    message = world.message(bucket="other")
    world.sqs = Refusing(world.sqs, "send_message", DOWN)
    assert world.take(message) == [message["messageId"]]


def test_what_ses_tries_a_rule_with_gets_no_record(world: InboxWorld) -> None:
    message = world.receive(message_id=SETUP_ID)
    assert world.take(message) == []
    assert world.record(message) == {}


def test_a_record_of_the_longest_texts_has_room_in_its_item(world: InboxWorld) -> None:
    wide = "請" * 5000
    raw = multipart(
        *[file(b"x", name=wide, kind="application/" + "x" * 300) for _ in range(60)],
        fields={"From": f"{wide} <a@example.com>", "Subject": wide, "To": ", ".join([f"{'請' * 30} <a@b.jp>"] * 100)},
    )
    record = world.result(raw, recipients=[SUPPORT, *["請" * 1000] * 500])
    assert record["status"] in {"stored", "unreadable"}
    assert len(json.dumps(record, default=str, ensure_ascii=False).encode()) < 400_000


junk = st.lists(
    st.sampled_from(
        [b"From: a@b.jp\r\n", b"Subject: =?utf-8?q?=00?=\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n"]
    )
    | st.sampled_from(
        [b"\r\n", b"--b\r\n", b"--b--", b"Content-Disposition: attachment; filename=\x00\xff\r\n", b"X-Loop: "]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(b"".join)


@given(
    raw=junk,
    source=st.none() | st.text(max_size=10),
    recipients=st.lists(st.text(max_size=20) | st.just(SUPPORT), max_size=4),
)
@effort(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_received_gets_one_record(
    shared_world: InboxWorld, raw: bytes, source: str | None, recipients: list[str]
) -> None:
    record = shared_world.result(raw, source=source, recipients=recipients)
    assert record["status"] in {"stored", "unreadable"}
    assert ("reason" in record) == (record["status"] == "unreadable")
