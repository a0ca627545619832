from typing import Any

from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.test_mail_delivery import fed, grant, grants


def check(mail: Template) -> dict[str, Any]:
    return mail.one("Lambda::Function", Handler="mail_consumer.resume.handle")


def schedule(mail: Template) -> dict[str, Any]:
    return mail.all("Scheduler::Schedule")[mail.named("ResumeSchedule", "Scheduler::Schedule")]


def test_the_check_may_do_what_it_needs_and_nothing_else(mail: Template) -> None:
    assert grants(mail, mail.named("ResumeCheckRole", "IAM::Role")) == {
        grant("logs:CreateLogStream", "logs:PutLogEvents", on=[mail.named("ResumeCheckLog", "Logs::LogGroup")]),
        grant("dynamodb:GetItem", "dynamodb:UpdateItem", on=[mail.named("StoreSending", "DynamoDB::Table")]),
        grant("lambda:UpdateEventSourceMapping", on=fed(mail)),
        grant("ses:GetEmailIdentity", on=mail.all("SES::EmailIdentity")),
        grant("ses:GetConfigurationSet", on=mail.all("SES::ConfigurationSet")),
        grant("ses:GetAccount", on=[]),
    }


def test_the_check_knows_what_to_look_at(mail: Template, stage: str) -> None:
    assert check(mail)["Environment"]["Variables"] == {
        "SENDING_TABLE": {"Ref": mail.named("StoreSending", "DynamoDB::Table")},
        "MAIL_DOMAIN": STAGES[stage].domain.domain,
        "CONFIGURATION_SET": {"Ref": mail.named("MailDomainSending", "SES::ConfigurationSet")},
        "QUOTA_HEADROOM": "0.1",
    }


def test_the_check_runs_every_five_minutes(mail: Template) -> None:
    assert schedule(mail)["ScheduleExpression"] == "rate(5 minutes)"
    assert schedule(mail)["State"] == "ENABLED"
    assert refers_to(schedule(mail)["Target"]["Arn"]) == {mail.named("ResumeCheckFunction", "Lambda::Function")}


def test_a_failed_check_waits_for_the_next(mail: Template) -> None:
    assert schedule(mail)["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_the_scheduler_may_invoke_the_check_and_nothing_else(mail: Template) -> None:
    caller = mail.named("ResumeCaller", "IAM::Role")
    function = mail.named("ResumeCheckFunction", "Lambda::Function")
    assert refers_to(schedule(mail)["Target"]["RoleArn"]) == {caller}
    assert grants(mail, caller) == {grant("lambda:InvokeFunction", on=[function])}


def test_only_this_accounts_schedules_may_call(mail: Template) -> None:
    (statement,) = mail.all("IAM::Role")[mail.named("ResumeCaller", "IAM::Role")]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_a_pause_that_lasts_counts_as_paused(mail: Template, stage: str) -> None:
    log = {"Ref": mail.named("ResumeCheckLog", "Logs::LogGroup")}
    counted = {
        counter["FilterPattern"]: counter["MetricTransformations"][0]["MetricName"]
        for counter in mail.all("Logs::MetricFilter", LogGroupName=log).values()
    }
    assert counted == {'{ $.event = "still_paused" }': "paused", '{ $.event = "resumed" }': "resumed"}
    assert mail.one("CloudWatch::Alarm", MetricName="paused")["Namespace"] == f"Edgepost/Mail/{stage}"


def test_a_failing_check_raises_an_alarm(mail: Template) -> None:
    alarm = mail.all("CloudWatch::Alarm")[mail.named("ResumeCheckFailing", "CloudWatch::Alarm")]
    assert alarm["MetricName"] == "Errors"
    assert refers_to(alarm["Dimensions"]) == {mail.named("ResumeCheckFunction", "Lambda::Function")}
