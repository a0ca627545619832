"""Sending stops when an alarm says so."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from mail_feedback import reputation
from tests.mail_feedback_world import FeedbackWorld

Told = Callable[[str], None]


def sending(world: FeedbackWorld) -> bool:
    return world.ses.get_configuration_set(ConfigurationSetName=world.name)["SendingOptions"]["SendingEnabled"]


@pytest.fixture
def tell(world: FeedbackWorld, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Tell the function what state an alarm is in, for a configuration set that sends."""
    world.ses.create_configuration_set(ConfigurationSetName=world.name, SendingOptions={"SendingEnabled": True})
    monkeypatch.setenv("CONFIGURATION_SET", world.name)
    monkeypatch.setattr(reputation, "clients", world)

    def told(state: str) -> None:
        message = json.dumps({"AlarmName": "bounces", "NewStateValue": state, "OldStateValue": "OK"})
        event: dict[str, Any] = {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]}
        reputation.handle(event, None)

    return told


def test_an_alarm_disables_the_configuration_set(
    world: FeedbackWorld, tell: Told, caplog: pytest.LogCaptureFixture
) -> None:
    tell("ALARM")
    assert not sending(world)
    (line,) = [vars(record) for record in caplog.records if record.levelno == logging.ERROR]
    assert (line["event"], line["alarm"]) == ("sending_stopped", "bounces")


def test_the_same_alarm_again_changes_nothing(world: FeedbackWorld, tell: Told) -> None:
    tell("ALARM")
    tell("ALARM")
    assert not sending(world)


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_the_end_of_an_alarm_neither_stops_nor_resumes_sending(world: FeedbackWorld, tell: Told, state: str) -> None:
    tell(state)
    assert sending(world)
    tell("ALARM")
    tell(state)
    assert not sending(world)
