"""`make pause` and `make resume` decide whether the consumer or people receive."""

from collections.abc import Callable
from typing import Any

import pytest

from operate import pause, resume
from operate.request import TypedRequest, put
from operate.stage import QUEUES, Stage

Command = Callable[[str, Callable[[], int]], tuple[int, list[str], list[str]]]


def states(stage: Stage) -> set[str | None]:
    return {stage.functions.get_event_source_mapping(UUID=stage.mapping(queue)).get("State") for queue in QUEUES}


def sending(stage: Stage) -> dict[str, Any]:
    table = stage.outputs["SendingTable"]
    return dict(stage.dynamodb.get_item(TableName=table, Key={"id": {"S": "sending"}}).get("Item", {}))


@pytest.fixture
def paused_by_itself(stage: Stage) -> Stage:
    stage.dynamodb.put_item(
        TableName=stage.outputs["SendingTable"],
        Item={
            "id": {"S": "sending"},
            "next": {"N": "17"},
            "paused": {"M": {"reason": {"S": "quota"}, "since": {"N": "1"}}},
            "disabled": {"SS": [stage.mapping("fifo")]},
        },
    )
    return stage


def test_people_can_receive_by_hand_once_paused(
    stage: Stage, command: Command, receive: Callable[[str], dict[str, Any]]
) -> None:
    pause.switch(stage, enabled=True)
    assert states(stage) == {"Enabled"}
    code, out, _ = command("pause", pause.main)
    assert code == 0
    assert states(stage) == {"Disabled"}
    assert out == [
        "disabled   operate-mail",
        "disabled   operate-mail.fifo",
        "disabled   operate-mail-delay",
        "The consumer takes nothing until `make resume`; requests stay on their queues.",
    ]
    message_id = put(stage, TypedRequest.from_environment({"TO": "a@b.test"}))
    assert receive("standard")["MessageId"] == message_id


def test_what_a_person_pauses_no_scheduled_check_enables_again(paused_by_itself: Stage, command: Command) -> None:
    assert command("pause", pause.main)[0] == 0
    item = sending(paused_by_itself)
    assert "disabled" not in item
    assert item["paused"]["M"]["reason"]["S"] == "quota"


def test_resume_forgets_every_pause_and_keeps_the_rate(paused_by_itself: Stage, command: Command) -> None:
    code, out, _ = command("resume", resume.main)
    assert (code, out[-1]) == (0, "The consumer takes requests again.")
    assert states(paused_by_itself) == {"Enabled"}
    assert sending(paused_by_itself) == {"id": {"S": "sending"}, "next": {"N": "17"}}


def test_pause_and_resume_twice_are_as_good_as_once(stage: Stage, command: Command) -> None:
    assert [command("pause", pause.main)[0], command("pause", pause.main)[0]] == [0, 0]
    assert [command("resume", resume.main)[0], command("resume", resume.main)[0]] == [0, 0]
    assert states(stage) == {"Enabled"}
