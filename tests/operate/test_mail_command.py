"""`make mail` follows a request to its end; each end has its word and its exit code."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from operate import mail
from operate.pause import switch
from operate.request import TypedRequest
from operate.stage import Stage

Command = Callable[[str, Callable[[], int]], tuple[int, list[str], list[str]]]
Consumer = Callable[..., None]
SetEnvironment = Callable[[str, str], None]

STOPPED = "the consumer was stopped by `make pause`; `make resume` lets it go on"

SENT = {"status": "sent", "ses_message_id": "0100-ses", "queued_at": 1_000, "sent_at": 1_400}
SUPPRESSED = {"status": "suppressed", "reason": "BOUNCE", "detail": "taro@example.com bounced"}
FAILED = {"status": "failed", "reason": "SenderOutsideDomain", "detail": "'a@other.test' is not of edgepost.test"}
DUPLICATE = {"status": "duplicate", "duplicate_of": "first-request"}
RETRIED = {"status": "waiting", "attempts": 2, "reason": "InternalServiceError", "detail": "try later"}
IN_HAND = {"status": "sending", "attempts": 1}


@pytest.fixture(autouse=True)
def typed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> SetEnvironment:
    """Type a value; a recipient and no time to wait are typed already."""
    if "stage" in request.fixturenames:
        request.getfixturevalue("stage")
    monkeypatch.setenv("TO", "taro@example.com")
    monkeypatch.setenv("WAIT", "0")
    return monkeypatch.setenv


@pytest.mark.parametrize(
    ("record", "code", "line"),
    [
        (SENT, 0, "sent       SES message id 0100-ses, 0.40 s after it was queued"),
        (SUPPRESSED, 0, "suppressed not sent, BOUNCE: taro@example.com bounced"),
        (DUPLICATE, 0, "duplicate  not sent again, request first-request stands for it"),
        (FAILED, 1, f"rejected   moved to the dead-letter queue, SenderOutsideDomain: {FAILED['detail']}"),
    ],
)
def test_the_end_of_a_request_is_told(
    record: dict[str, str | int], code: int, line: str, consumer: Consumer, command: Command
) -> None:
    consumer(**record)
    ended, (queued, end), _ = command("mail", patient)
    assert ended == code
    assert queued.startswith("queued     ")
    assert queued.endswith(" on operate-mail")
    assert end == line


def patient() -> int:
    """The command with some time to wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAIT", "10")
        return mail.main()


def why_it_waits(command: Command) -> str:
    code, out, _ = command("mail", mail.main)
    assert code == 3
    assert out[-1].startswith("waiting    after ")
    return out[-1].partition(": ")[2]


@pytest.mark.usefixtures("stage")
def test_a_request_waits_behind_make_pause(command: Command) -> None:
    assert why_it_waits(command) == STOPPED


def test_a_request_waits_while_the_consumer_has_paused_itself(stage: Stage, command: Command) -> None:
    stage.dynamodb.put_item(
        TableName=stage.outputs["SendingTable"],
        Item={
            "id": {"S": "sending"},
            "paused": {"M": {"reason": {"S": "daily quota exceeded"}, "since": {"N": "1795500000000"}}},
            "disabled": {"SS": [stage.mapping("standard")]},
        },
    )
    why = why_it_waits(command)
    assert why.startswith("the consumer has paused itself since 2026-11-2")
    assert why.endswith(": daily quota exceeded; it looks again by itself")


def test_a_request_waits_for_its_delay(stage: Stage, typed: SetEnvironment, command: Command) -> None:
    switch(stage, enabled=True)
    typed("DELAY", "300")
    assert why_it_waits(command).startswith("delayed, the queue hands it out at 20")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (RETRIED, "will be tried again, 2 attempts so far: InternalServiceError: try later"),
        (IN_HAND, "the consumer is sending it"),
    ],
)
def test_a_request_waits_for_its_attempt(
    record: dict[str, str | int], why: str, consumer: Consumer, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: object) -> str:
        return ""

    monkeypatch.setattr("operate.delivery.Delivery._obstacle", nobody)
    monkeypatch.setenv("WAIT", "1")
    consumer(**record)
    assert why_it_waits(command) == why


@pytest.mark.usefixtures("stage")
def test_what_a_request_waits_for_is_told_on_the_way(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operate.delivery.QUIET_SECONDS", 0)
    monkeypatch.setenv("WAIT", "1")
    code, out, _ = command("mail", mail.main)
    assert code == 3
    assert out[1:] == [f"waiting    {STOPPED}", f"waiting    after 1 s: {STOPPED}"]


@pytest.mark.parametrize(("name", "value"), [("QUEUE", "fast"), ("STAGE", "staging"), ("DELAY", "1000"), ("TO", "")])
def test_wrong_input_exits_2_with_one_line(name: str, value: str, typed: SetEnvironment, command: Command) -> None:
    typed(name, value)
    code, out, (error,) = command("mail", mail.main)
    assert (code, out) == (2, [])
    assert error.startswith(f"mail: {name} ")


def test_what_the_queue_refuses_exits_2_with_one_line(stage: Stage, command: Command) -> None:
    gone = {"StandardQueueUrl": f"{stage.queue_url('standard')}-gone"}
    broken = replace(stage, outputs=stage.outputs | gone)
    code, out, (error,) = command("mail", lambda: mail.send(broken, TypedRequest.from_environment({"TO": "a@b.test"})))
    assert (code, out) == (2, [])
    assert error.startswith("mail: ")
    assert "does not exist" in error
