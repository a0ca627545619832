from typing import Any

import pytest

from mail_feedback.settings import Settings
from stacks.config import STAGES
from stacks.mail_feedback import EVENTS
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.test_mail_delivery import grant, grants


def function(mail: Template) -> dict[str, Any]:
    return mail.one("Lambda::Function", Handler="mail_feedback.handler.handle")


def test_every_kind_of_event_of_the_configuration_set_is_told(mail: Template) -> None:
    destination = mail.one("SES::ConfigurationSetEventDestination")
    assert refers_to(destination["ConfigurationSetName"]) == {*mail.all("SES::ConfigurationSet")}
    told = destination["EventDestination"]
    assert told["Enabled"] is True
    assert {*told["MatchingEventTypes"]} == {
        "send",
        "delivery",
        "bounce",
        "complaint",
        "reject",
        "deliveryDelay",
        "renderingFailure",
    }
    assert refers_to(told["SnsDestination"]) == {mail.named("FeedbackEventsTopic", "SNS::Topic")}


def test_ses_is_told_the_topic_once_it_may_publish_there(mail: Template) -> None:
    (destination,) = mail.all("SES::ConfigurationSetEventDestination")
    assert mail.named("FeedbackEventsTopic", "SNS::TopicPolicy") in mail.resources[destination]["DependsOn"]


def test_the_function_may_do_what_it_needs_and_nothing_else(mail: Template) -> None:
    deliveries, suppressions = (
        mail.named(f"Store{table}", "DynamoDB::Table") for table in ("Deliveries", "Suppressions")
    )
    source, dead_letters = (
        mail.named(f"FeedbackEventsQueue{kind}", "SQS::Queue") for kind in ("Source", "DeadLetters")
    )
    assert grants(mail, mail.named("FeedbackFunctionRole", "IAM::Role")) == {
        grant("logs:CreateLogStream", "logs:PutLogEvents", on=[mail.named("FeedbackFunctionLog", "Logs::LogGroup")]),
        grant("dynamodb:BatchGetItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", on=[deliveries]),
        grant("dynamodb:UpdateItem", on=[suppressions]),
        grant("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=[source]),
        grant("sqs:SendMessage", on=[dead_letters]),
    }


def test_the_function_knows_its_settings_and_resources(mail: Template, stage: str) -> None:
    config = STAGES[stage]
    variables = function(mail)["Environment"]["Variables"]
    assert Settings.from_environment({name: str(value) for name, value in variables.items()}).transient_days == 7
    assert variables == {
        "DELIVERIES_TABLE": {"Ref": mail.named("StoreDeliveries", "DynamoDB::Table")},
        "SUPPRESSIONS_TABLE": {"Ref": mail.named("StoreSuppressions", "DynamoDB::Table")},
        "DEAD_LETTER_URL": {"Ref": mail.named("FeedbackEventsQueueDeadLetters", "SQS::Queue")},
        "RECORD_DAYS": str(config.consumer.record_days),
        "TRANSIENT_BOUNCES": "3",
        "TRANSIENT_DAYS": "7",
    }


def test_an_event_is_given_up_after_ten_receives(mail: Template) -> None:
    queue = mail.all("SQS::Queue")[mail.named("FeedbackEventsQueueSource", "SQS::Queue")]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 10


@pytest.mark.parametrize("event", EVENTS)
def test_what_the_function_logs_is_counted_apart_from_the_consumers(mail: Template, stage: str, event: str) -> None:
    log = {"Ref": mail.named("FeedbackFunctionLog", "Logs::LogGroup")}
    counter = mail.one("Logs::MetricFilter", LogGroupName=log, FilterPattern=f'{{ $.event = "{event}" }}')
    assert counter["MetricTransformations"] == [
        {"MetricName": f"feedback_{event}", "MetricNamespace": f"Edgepost/Mail/{stage}", "MetricValue": "1"}
    ]


def test_a_failing_function_raises_an_alarm(mail: Template, stage: str) -> None:
    alarm = mail.all("CloudWatch::Alarm")[mail.named("FeedbackFunctionFailing", "CloudWatch::Alarm")]
    assert refers_to(alarm["Dimensions"]) == {mail.named("FeedbackFunction", "Lambda::Function")}
    assert alarm["Threshold"] == STAGES[stage].alarms.feedback_errors


def test_events_that_wait_or_are_given_up_raise_alarms(mail: Template, stage: str) -> None:
    alarms = mail.all("CloudWatch::Alarm")
    waiting = alarms[mail.named("FeedbackEventsQueueDeadLettersWaiting", "CloudWatch::Alarm")]
    assert refers_to(waiting["Dimensions"]) == {mail.named("FeedbackEventsQueueDeadLetters", "SQS::Queue")}
    assert (waiting["MetricName"], waiting["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)
    assert "event" in waiting["AlarmDescription"]
    late = alarms[mail.named("FeedbackEventsQueueOldestMessageTooOld", "CloudWatch::Alarm")]
    assert refers_to(late["Dimensions"]) == {mail.named("FeedbackEventsQueueSource", "SQS::Queue")}
    assert late["Threshold"] == 60 * STAGES[stage].alarms.oldest_message_minutes
