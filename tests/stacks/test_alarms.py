import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, Template, refers_to


@pytest.fixture(scope="module", params=["Alarms", "Edge"])
def alarms(request: pytest.FixtureRequest, synthesized: Synthesized) -> Template:
    """Each stack that has a topic: an alarm tells one of its own region."""
    return synthesized.template(request.param)


def test_the_topic_is_encrypted_with_a_key_that_rotates(alarms: Template) -> None:
    (key,) = alarms.all("KMS::Key")
    assert alarms.one("KMS::Key")["EnableKeyRotation"] is True
    assert refers_to(alarms.one("SNS::Topic")["KmsMasterKeyId"]) == {key}


def test_the_topic_is_reached_over_tls_only(alarms: Template) -> None:
    assert {
        "Action": "sns:Publish",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Effect": "Deny",
        "Principal": "*",
    }.items() <= _statement(alarms, "Deny").items()


def test_only_this_accounts_cloudwatch_may_publish(alarms: Template) -> None:
    statement = _statement(alarms, "Allow")
    assert statement["Action"] == "sns:Publish"
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_cloudwatch_may_use_the_key(alarms: Template) -> None:
    (statement,) = (
        statement
        for statement in alarms.one("KMS::Key")["KeyPolicy"]["Statement"]
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    )
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_those_who_are_named_are_told_by_mail(alarms: Template, stage: str) -> None:
    told = [subscription["Endpoint"] for subscription in alarms.all("SNS::Subscription", Protocol="email").values()]
    assert told == [*STAGES[stage].alarms.emails]


def _statement(alarms: Template, effect: str) -> dict[str, object]:
    (statement,) = (
        statement
        for statement in alarms.one("SNS::TopicPolicy")["PolicyDocument"]["Statement"]
        if statement["Effect"] == effect
    )
    return statement
