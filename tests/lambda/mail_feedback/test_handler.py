"""The function as Lambda calls it."""

import importlib
import sys
from typing import Any

import pytest

from mail_feedback.settings import Settings
from tests import mail_events as events
from tests.mail_feedback_world import FeedbackWorld, sqs_record

ENVIRONMENT = {
    "DELIVERIES_TABLE": "deliveries",
    "SUPPRESSIONS_TABLE": "suppressions",
    "DEAD_LETTER_URL": "http://queues/dead",
    "RECORD_DAYS": "30",
    "TRANSIENT_BOUNCES": "3",
    "TRANSIENT_DAYS": "7",
}


def test_only_what_could_not_be_worked_comes_back(world: FeedbackWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {"DELIVERIES_TABLE": "no-such-table", "SUPPRESSIONS_TABLE": world.suppressed}
    for name, value in (ENVIRONMENT | tables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("mail_common.clients.Clients.dynamodb", world.dynamodb)
    sys.modules.pop("mail_feedback.handler", None)
    handler = importlib.import_module("mail_feedback.handler")
    records = [sqs_record(events.bounce(events.mail(to=["ann@example.com"], request_id=id_))) for id_ in ("", "r")]
    assert handler.handle({"Records": records}, None) == {
        "batchItemFailures": [{"itemIdentifier": records[1]["messageId"]}]
    }
    assert world.suppressions.kept_back(["ann@example.com"], subscription=False)


def test_settings_are_read_from_the_environment() -> None:
    settings: Any = Settings.from_environment(ENVIRONMENT | {"PATH": "/bin"})
    assert (settings.deliveries_table, settings.record_days, settings.transient_bounces) == ("deliveries", 30, 3)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.from_environment({other: value for other, value in ENVIRONMENT.items() if other != name})
