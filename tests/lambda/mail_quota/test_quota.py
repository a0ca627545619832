"""The account's quota becomes metrics."""

import importlib
import json
import logging
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from local.cloud import Cloud
from mail_quota.quota import UNITS, embedded, figures
from mail_quota.settings import Settings

ALLOWED = {"Max24HourSend": 200.0, "SentLast24Hours": 50.0, "MaxSendRate": 14.0}
Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the function as Lambda does, on an account with these settings, and return the line that it prints."""
    monkeypatch.setenv("NAMESPACE", "Edgepost/Mail/test")

    def checked(*, send_rate: float, **account: Any) -> dict[str, Any]:
        monkeypatch.setenv("SEND_RATE", str(send_rate))
        sys.modules.pop("mail_quota.handler", None)
        handler = importlib.import_module("mail_quota.handler")
        monkeypatch.setattr(handler, "clients", SimpleNamespace(ses=cloud.client("sesv2")))
        cloud.ses.reset()
        cloud.ses.settings(**account)
        handler.handle({}, None)
        cloud.ses.reset()
        (line,) = capsys.readouterr().out.splitlines()
        return json.loads(line)

    return checked


def test_the_quota_and_what_is_used_of_it_are_metrics_of_the_stage(check: Check) -> None:
    line = check(send_rate=10, max_24_hour_send=200, max_send_rate=14)
    (about,) = line["_aws"]["CloudWatchMetrics"]
    assert about["Namespace"] == "Edgepost/Mail/test"
    assert about["Dimensions"] == [[]]
    assert {metric["Name"]: metric["Unit"] for metric in about["Metrics"]} == UNITS
    assert line["quota_recipients"] == 200
    assert line["allowed_rate"] == 14
    assert line["quota_used_percent"] == pytest.approx(line["sent_recipients"] / 2)
    assert line["_aws"]["Timestamp"] / 1000 == pytest.approx(time.time(), abs=60)


def test_every_metric_that_the_line_names_is_in_it(check: Check) -> None:
    line = check(send_rate=10, max_24_hour_send=-1)
    named = {metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert named == {*UNITS} - {"quota_recipients", "quota_used_percent"}
    assert named <= {*line}


@pytest.mark.parametrize(("send_rate", "too_high"), [(13.9, False), (14, False), (14.1, True)])
def test_a_rate_above_what_ses_allows_is_a_metric_and_a_log_line(
    check: Check, caplog: pytest.LogCaptureFixture, send_rate: float, too_high: bool
) -> None:
    assert check(send_rate=send_rate, max_send_rate=14)["send_rate_too_high"] == too_high
    told = [vars(record) for record in caplog.records if record.levelno == logging.WARNING]
    assert [(line["event"], line["send_rate"], line["allowed_rate"]) for line in told] == (
        [("send_rate_too_high", send_rate, 14)] if too_high else []
    )


@pytest.mark.parametrize(
    ("most", "percent"),
    [(200.0, 25.0), (50.0, 100.0), (40.0, 125.0), (0.0, 100.0)],
    ids=["part", "all", "over", "none"],
)
def test_what_is_used_is_a_percentage_of_the_quota(most: float, percent: float) -> None:
    assert figures(ALLOWED | {"Max24HourSend": most}, send_rate=1)["quota_used_percent"] == percent


def test_an_account_without_a_daily_quota_uses_nothing_of_it() -> None:
    assert figures(ALLOWED | {"Max24HourSend": -1.0}, send_rate=1) == {
        "sent_recipients": 50.0,
        "allowed_rate": 14.0,
        "send_rate_too_high": 0.0,
    }


def test_an_answer_without_a_quota_fails_rather_than_to_pass_for_a_small_one() -> None:
    with pytest.raises(KeyError):
        figures({}, send_rate=1)


def test_time_is_written_in_milliseconds() -> None:
    assert embedded({"allowed_rate": 1.0}, namespace="n", at=1.5)["_aws"]["Timestamp"] == 1500


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(Exception, match="SEND_RATE"):
        Settings.from_environment({"NAMESPACE": "n"})
