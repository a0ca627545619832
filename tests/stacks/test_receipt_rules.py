from typing import Any

import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to, synthesize
from tests.stacks.test_mail_delivery import grant, grants
from tests.stacks.test_mail_domain import records
from tests.stacks.variants import synthesize_variant


@pytest.fixture(scope="module")
def mail() -> Template:
    """The mail path of a stage that receives."""
    return synthesize("prod").template("Mail")


@pytest.fixture(scope="module")
def receiving() -> Template:
    """One that receives at the mail domain itself too, and takes the place of another rule set."""
    return synthesize_variant("receiving").template("Mail")


@pytest.fixture(scope="module")
def guest() -> Template:
    """One that adds its rule to a rule set that is there."""
    return synthesize_variant("receiving by an existing rule set").template("Mail")


def rule(mail: Template) -> dict[str, Any]:
    return mail.one("SES::ReceiptRule")["Rule"]


def active(mail: Template) -> dict[str, Any]:
    (found,) = (each for each in mail.resources.values() if each["Type"] == "Custom::ActiveReceiptRuleSet")
    return found


def writers(mail: Template) -> list[dict[str, Any]]:
    policy = mail.all("S3::BucketPolicy")[mail.named("InboxMails", "S3::BucketPolicy")]
    return [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]


def test_mail_comes_over_tls_only_and_is_scanned(mail: Template) -> None:
    assert rule(mail)["Enabled"] is True
    assert rule(mail)["TlsPolicy"] == "Require"
    assert rule(mail)["ScanEnabled"] is True


def test_the_rule_is_for_the_receiving_domains(mail: Template, receiving: Template) -> None:
    assert rule(mail)["Recipients"] == ["in.example.com"]
    assert rule(receiving)["Recipients"] == ["in.dev.example.com", "dev.example.com"]


def test_a_mail_goes_into_the_bucket_and_the_topic_is_told(mail: Template) -> None:
    (action,) = rule(mail)["Actions"]
    assert action == {
        "S3Action": {
            "BucketName": {"Ref": mail.named("InboxMails", "S3::Bucket")},
            "ObjectKeyPrefix": "received/",
            "TopicArn": {"Ref": mail.named("InboxEventsTopic", "SNS::Topic")},
        }
    }


def test_only_ses_writes_to_the_bucket_and_only_by_this_rule(mail: Template) -> None:
    (writer,) = writers(mail)
    assert (writer["Action"], writer["Principal"]) == ("s3:PutObject", {"Service": "ses.amazonaws.com"})
    assert writer["Resource"]["Fn::Join"][1][-1] == "/received/*"
    condition = writer["Condition"]["StringEquals"]
    assert condition["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert condition["aws:SourceArn"]["Fn::Join"][1] == [
        "arn:aws:ses:ap-northeast-1:",
        {"Ref": "AWS::AccountId"},
        ":receipt-rule-set/",
        {"Ref": mail.named("InboxRules", "SES::ReceiptRuleSet")},
        ":receipt-rule/edgepost-prod",
    ]
    assert rule(mail)["Name"] == "edgepost-prod"


def test_the_rule_is_made_once_ses_may_write_and_publish(mail: Template) -> None:
    needed = mail.resources[mail.named("InboxRules", "SES::ReceiptRule")]["DependsOn"]
    assert {mail.named("InboxMails", "S3::BucketPolicy"), mail.named("InboxEventsTopic", "SNS::TopicPolicy")} <= {
        *needed
    }


def test_the_rule_set_is_activated_once_its_rule_is_there_and_only_in_nobody_elses_place(mail: Template) -> None:
    properties = active(mail)["Properties"]
    assert properties["RuleSetName"] == {"Ref": mail.named("InboxRules", "SES::ReceiptRuleSet")}
    assert (properties["TakeOver"], properties["Mode"]) == ("false", "activate")
    assert refers_to(properties["ServiceToken"]) == {mail.named("InboxRulesActivationFunction", "Lambda::Function")}
    assert mail.named("InboxRules", "SES::ReceiptRule") in active(mail)["DependsOn"]


def test_another_rule_sets_place_is_taken_only_by_setting(receiving: Template) -> None:
    assert active(receiving)["Properties"]["TakeOver"] == "true"


def test_activation_answers_cloudformation_within_minutes(mail: Template) -> None:
    assert active(mail)["Properties"]["ServiceTimeout"] == "180"


def test_activation_may_see_and_set_the_active_rule_set_and_nothing_else(mail: Template) -> None:
    log = mail.named("InboxRulesActivationLog", "Logs::LogGroup")
    assert grants(mail, mail.named("InboxRulesActivationRole", "IAM::Role")) == {
        grant("logs:CreateLogStream", "logs:PutLogEvents", on=[log]),
        grant("ses:DescribeActiveReceiptRuleSet", "ses:SetActiveReceiptRuleSet", on=[]),
    }


def test_activation_can_do_so_until_the_end(mail: Template) -> None:
    role = mail.named("InboxRulesActivationRole", "IAM::Role")
    (policy,) = mail.all("IAM::Policy", Roles=[{"Ref": role}])
    assert {policy, role} <= {*active(mail)["DependsOn"]}


def test_a_rule_can_be_added_to_a_rule_set_that_is_there(guest: Template) -> None:
    assert not guest.all("SES::ReceiptRuleSet")
    assert guest.one("SES::ReceiptRule")["RuleSetName"] == "theirs"
    assert active(guest)["Properties"]["Mode"] == "existing"
    assert active(guest)["Properties"]["RuleSetName"] == "theirs"
    (writer,) = writers(guest)
    assert ":receipt-rule-set/theirs:receipt-rule/edgepost-dev" in str(writer["Condition"])


def test_mail_for_each_receiving_domain_is_sent_to_ses(mail: Template, receiving: Template) -> None:
    ses = "10 inbound-smtp.ap-northeast-1.amazonaws.com"
    assert records(mail, "MX")["in.example.com."] == [ses]
    assert "example.com." not in records(mail, "MX")
    assert records(receiving, "MX").items() >= {"in.dev.example.com.": [ses], "dev.example.com.": [ses]}.items()


def test_no_mail_is_sent_here_before_it_is_taken(mail: Template) -> None:
    (name,) = (
        name
        for name, record in mail.all("Route53::RecordSet", Type="MX").items()
        if record["Name"] == "in.example.com."
    )
    (activation,) = (name for name, each in mail.resources.items() if each["Type"] == "Custom::ActiveReceiptRuleSet")
    assert activation in mail.resources[name]["DependsOn"]


def test_a_stage_receives_in_its_own_region() -> None:
    mail = synthesize_variant("at home in us-east-1").template("Mail")
    assert STAGES["prod"].region != "us-east-1"
    assert records(mail, "MX")["in.example.com."] == ["10 inbound-smtp.us-east-1.amazonaws.com"]
