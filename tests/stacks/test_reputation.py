from typing import Any

import pytest

from tests.stacks.synthesis import Synthesized, Template, refers_to
from tests.stacks.test_mail_delivery import grant, grants
from tests.stacks.variants import synthesize_variant

PAUSE_ALARMS = ("BouncePause", "ComplaintPause")


@pytest.fixture(scope="module")
def pausing() -> Template:
    """The mail path of a stage that stops sending by itself."""
    return synthesize_variant("pausing").template("Mail")


def alarm(mail: Template, name: str) -> dict[str, Any]:
    return mail.all("CloudWatch::Alarm")[mail.named(f"FeedbackReputation{name}", "CloudWatch::Alarm")]


@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [
        ("BounceReview", "Reputation.BounceRate", 0.05),
        ("BouncePause", "Reputation.BounceRate", 0.1),
        ("ComplaintReview", "Reputation.ComplaintRate", 0.001),
        ("ComplaintPause", "Reputation.ComplaintRate", 0.005),
    ],
)
def test_people_are_told_at_the_rates_at_which_aws_reviews_or_pauses_the_account(
    mail: Template, name: str, metric: str, threshold: float
) -> None:
    found = alarm(mail, name)
    assert (found["Namespace"], found["MetricName"]) == ("AWS/SES", metric)
    assert "Dimensions" not in found
    assert found["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert found["Threshold"] == pytest.approx(threshold)
    assert (found["Statistic"], found["Period"]) == ("Maximum", 3600)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("BounceReview", "bounces reach 5 percent"),
        ("BouncePause", "bounces reach 10 percent"),
        ("ComplaintReview", "complaints reach 0.1 percent"),
        ("ComplaintPause", "complaints reach 0.5 percent"),
    ],
)
def test_an_alarm_says_what_is_the_matter_and_what_to_do(mail: Template, name: str, words: str) -> None:
    assert alarm(mail, name)["AlarmDescription"].startswith(words)
    what_to_do = "disable the configuration set" if name in PAUSE_ALARMS else "find what is sent to whom"
    assert what_to_do in alarm(mail, name)["AlarmDescription"]


def test_nothing_stops_by_itself_unless_it_is_set(mail: Template) -> None:
    assert not mail.all("Lambda::Function", Handler="mail_feedback.reputation.handle")
    assert all(len(found["AlarmActions"]) == 1 for found in mail.all("CloudWatch::Alarm").values())


def test_by_setting_the_alarms_at_the_higher_level_tell_a_function_too(pausing: Template) -> None:
    topic = pausing.named("FeedbackReputationDanger", "SNS::Topic")
    told = {
        name
        for name, found in pausing.all("CloudWatch::Alarm").items()
        if any(refers_to(action) == {topic} for action in found["AlarmActions"])
    }
    assert told == {pausing.named(f"FeedbackReputation{name}", "CloudWatch::Alarm") for name in PAUSE_ALARMS}
    subscription = pausing.one("SNS::Subscription", TopicArn={"Ref": topic})
    function = pausing.named("FeedbackReputationPausingFunction", "Lambda::Function")
    assert refers_to(subscription["Endpoint"]) == {function}
    permission = pausing.one("Lambda::Permission", Principal="sns.amazonaws.com")
    assert permission["SourceArn"] == {"Ref": topic}


def test_people_are_told_all_the_same() -> None:
    synthesized: Synthesized = synthesize_variant("pausing")
    mail = synthesized.template("Mail")
    (topic,) = synthesized.template("Alarms").all("SNS::Topic")
    for found in mail.all("CloudWatch::Alarm").values():
        assert any(synthesized.origins("Mail", action) == {f"Alarms/{topic}"} for action in found["AlarmActions"])


def test_the_level_is_a_setting(pausing: Template) -> None:
    assert alarm(pausing, "BouncePause")["Threshold"] == pytest.approx(0.08)


def test_only_this_accounts_cloudwatch_tells_of_danger(pausing: Template) -> None:
    topic = pausing.named("FeedbackReputationDanger", "SNS::Topic")
    (policy,) = (each for each in pausing.all("SNS::TopicPolicy").values() if each["Topics"] == [{"Ref": topic}])
    (allowed,) = (each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow")
    assert (allowed["Action"], allowed["Principal"]) == ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    key = pausing.named("EventsKey", "KMS::Key")
    assert refers_to(pausing.all("SNS::Topic")[topic]["KmsMasterKeyId"]) == {key}
    users = [each["Principal"].get("Service") for each in pausing.all("KMS::Key")[key]["KeyPolicy"]["Statement"]]
    assert users == [None, "ses.amazonaws.com", "cloudwatch.amazonaws.com"]


def test_the_function_disables_the_configuration_set_and_nothing_else(pausing: Template) -> None:
    (configuration_set,) = pausing.all("SES::ConfigurationSet")
    function = pausing.one("Lambda::Function", Handler="mail_feedback.reputation.handle")
    assert function["Environment"]["Variables"] == {"CONFIGURATION_SET": {"Ref": configuration_set}}
    log = pausing.named("FeedbackReputationPausingLog", "Logs::LogGroup")
    assert grants(pausing, pausing.named("FeedbackReputationPausingRole", "IAM::Role")) == {
        grant("logs:CreateLogStream", "logs:PutLogEvents", on=[log]),
        grant("ses:PutConfigurationSetSendingOptions", on=[configuration_set]),
    }


def test_a_function_that_fails_to_stop_sending_raises_an_alarm(pausing: Template) -> None:
    failing = alarm(pausing, "PausingFailing")
    assert refers_to(failing["Dimensions"]) == {pausing.named("FeedbackReputationPausingFunction", "Lambda::Function")}


def test_that_sending_was_stopped_is_counted(pausing: Template) -> None:
    log = {"Ref": pausing.named("FeedbackReputationPausingLog", "Logs::LogGroup")}
    counter = pausing.one("Logs::MetricFilter", LogGroupName=log)
    assert counter["FilterPattern"] == '{ $.event = "sending_stopped" }'
    assert counter["MetricTransformations"][0]["MetricName"] == "sending_stopped"
