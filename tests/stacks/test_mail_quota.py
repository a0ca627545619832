from typing import Any

import pytest

from mail_quota.quota import UNITS
from mail_quota.settings import Settings
from stacks.config import STAGES
from stacks.mail_quota import METRICS
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.test_mail_delivery import grant, grants


def alarm(mail: Template, name: str) -> dict[str, Any]:
    return mail.all("CloudWatch::Alarm")[mail.named(f"Quota{name}", "CloudWatch::Alarm")]


def schedule(mail: Template) -> dict[str, Any]:
    return mail.all("Scheduler::Schedule")[mail.named("QuotaSchedule", "Scheduler::Schedule")]


def test_the_check_may_ask_for_the_account_and_nothing_else(mail: Template) -> None:
    assert grants(mail, mail.named("QuotaCheckRole", "IAM::Role")) == {
        grant("logs:CreateLogStream", "logs:PutLogEvents", on=[mail.named("QuotaCheckLog", "Logs::LogGroup")]),
        grant("ses:GetAccount", on=[]),
    }


def test_the_check_is_told_what_it_needs(mail: Template, stage: str) -> None:
    environment = mail.one("Lambda::Function", Handler="mail_quota.handler.handle")["Environment"]["Variables"]
    settings = Settings.from_environment(environment)
    assert settings.namespace == f"Edgepost/Mail/{stage}"
    assert settings.send_rate == STAGES[stage].consumer.send_rate


def test_the_check_runs_every_five_minutes_and_does_not_try_again(mail: Template) -> None:
    assert schedule(mail)["ScheduleExpression"] == "rate(5 minutes)"
    assert schedule(mail)["State"] == "ENABLED"
    assert refers_to(schedule(mail)["Target"]["Arn"]) == {mail.named("QuotaCheckFunction", "Lambda::Function")}
    assert schedule(mail)["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_the_scheduler_may_invoke_the_check_and_nothing_else(mail: Template) -> None:
    caller = mail.named("QuotaCaller", "IAM::Role")
    function = mail.named("QuotaCheckFunction", "Lambda::Function")
    assert refers_to(schedule(mail)["Target"]["RoleArn"]) == {caller}
    assert grants(mail, caller) == {grant("lambda:InvokeFunction", on=[function])}


@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [("QuotaUsed", "quota_used_percent", 80), ("SendRateTooHigh", "send_rate_too_high", 1)],
)
def test_people_are_told_of_a_quota_nearly_used_and_of_a_rate_that_ses_does_not_allow(
    mail: Template, stage: str, name: str, metric: str, threshold: float
) -> None:
    found = alarm(mail, name)
    assert (found["Namespace"], found["MetricName"]) == (f"Edgepost/Mail/{stage}", metric)
    assert "Dimensions" not in found
    assert (found["ComparisonOperator"], found["Threshold"]) == ("GreaterThanOrEqualToThreshold", threshold)


def test_a_period_of_these_alarms_holds_two_checks_so_that_a_late_one_leaves_no_gap(mail: Template) -> None:
    assert {alarm(mail, name)["Period"] for name in ("QuotaUsed", "SendRateTooHigh")} == {600}


def test_a_failing_check_raises_an_alarm(mail: Template) -> None:
    found = alarm(mail, "CheckFailing")
    assert found["MetricName"] == "Errors"
    assert refers_to(found["Dimensions"]) == {mail.named("QuotaCheckFunction", "Lambda::Function")}


def test_what_alarms_look_at_is_what_the_function_writes() -> None:
    assert {*METRICS} == {*UNITS}
