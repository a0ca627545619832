import json
from typing import Any

import pytest

from stacks.config import STAGES
from stacks.origin_secrets import HEADER
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.variants import VARIANTS, synthesize_variant

WRITERS = {"/write": "STARTS_WITH", "/contact": "EXACTLY"}
BODY_RULES = ("SizeRestrictions_BODY", "CrossSiteScripting_BODY")


def rules(edge: Template) -> dict[str, dict[str, Any]]:
    """The rules by name, in the order in which they are tried."""
    listed = sorted(edge.one("WAFv2::WebACL")["Rules"], key=lambda rule: rule["Priority"])
    return {rule["Name"]: rule for rule in listed}


def body_rule(edge: Template) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rule on bodies: which labels it looks for, and where it does not."""
    labels, *elsewhere = rules(edge)["BodiesElsewhere"]["Statement"]["AndStatement"]["Statements"]
    return labels, [other["NotStatement"]["Statement"]["ByteMatchStatement"] for other in elsewhere]


@pytest.fixture(scope="module")
def counting() -> Template:
    return synthesize_variant("count only").template("Edge")


def test_what_no_rule_matches_is_let_through_to_cloudfront(edge: Template) -> None:
    acl = edge.one("WAFv2::WebACL")
    assert acl["Scope"] == "CLOUDFRONT"
    assert acl["DefaultAction"] == {"Allow": {}}


def test_the_managed_rules_are_awss_common_known_bad_inputs_and_ip_reputation(edge: Template) -> None:
    managed = {
        name: rule["Statement"]["ManagedRuleGroupStatement"]
        for name, rule in rules(edge).items()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    assert {*managed} == {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    }
    assert all((group["VendorName"], group["Name"]) == ("AWS", name) for name, group in managed.items())
    assert all(rules(edge)[name]["OverrideAction"] == {"None": {}} for name in managed)


def test_an_address_that_asks_too_often_is_blocked(edge: Template, stage: str) -> None:
    limit = rules(edge)["RateLimit"]
    assert limit["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
        "Limit": STAGES[stage].edge.rate_limit_requests,
    }
    assert limit["Action"] == {"Block": {}}


def test_the_rules_on_size_and_html_of_bodies_only_count_by_themselves(edge: Template) -> None:
    group = rules(edge)["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]
    assert group["RuleActionOverrides"] == [{"ActionToUse": {"Count": {}}, "Name": rule} for rule in BODY_RULES]


def test_large_bodies_and_html_are_blocked_where_nobody_writes(edge: Template) -> None:
    labels, elsewhere = body_rule(edge)
    assert {label["LabelMatchStatement"]["Key"] for label in labels["OrStatement"]["Statements"]} == {
        "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body",
        "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
    }
    assert {path["SearchString"]: path["PositionalConstraint"] for path in elsewhere} == WRITERS
    assert all(path["FieldToMatch"] == {"UriPath": {}} for path in elsewhere)
    assert rules(edge)["BodiesElsewhere"]["Action"] == {"Block": {}}


def test_labels_are_there_before_the_rule_that_looks_for_them(edge: Template) -> None:
    names = [*rules(edge)]
    assert names.index("AWSManagedRulesCommonRuleSet") < names.index("BodiesElsewhere")


def test_a_path_written_otherwise_does_not_pass_for_one_where_people_write(edge: Template) -> None:
    _, elsewhere = body_rule(edge)
    assert all(path["TextTransformations"] == [{"Priority": 0, "Type": "NONE"}] for path in elsewhere)


def test_count_only_blocks_nothing(counting: Template) -> None:
    for rule in rules(counting).values():
        assert {*rule.get("Action", {}), *rule.get("OverrideAction", {})} == {"Count"}
    limit = rules(counting)["RateLimit"]["Statement"]["RateBasedStatement"]["Limit"]
    assert limit == VARIANTS["count only"].edge.rate_limit_requests == 500


def test_the_log_tells_nothing_that_opens_a_session_an_api_or_the_load_balancer(edge: Template) -> None:
    logging = edge.one("WAFv2::LoggingConfiguration")
    redacted = {field["SingleHeader"]["Name"] for field in logging["RedactedFields"]}
    assert redacted == {"cookie", "authorization", HEADER.lower()}
    assert refers_to(logging["ResourceArn"]) == {*edge.all("WAFv2::WebACL")}


def test_the_log_goes_to_a_group_that_aws_takes_and_that_forgets(edge: Template, stage: str) -> None:
    group = edge.one("Logs::LogGroup")
    assert group["LogGroupName"] == f"aws-waf-logs-edgepost-{stage}"
    assert group["RetentionInDays"] == STAGES[stage].edge.web_acl_log_days
    (destination,) = edge.one("WAFv2::LoggingConfiguration")["LogDestinationConfigs"]
    assert destination["Fn::Join"][1][-1] == f":log-group:{group['LogGroupName']}"
    (logging,) = edge.all("WAFv2::LoggingConfiguration")
    assert {*edge.all("Logs::LogGroup"), *edge.all("Logs::ResourcePolicy")} <= {*edge.resources[logging]["DependsOn"]}


def test_only_this_accounts_log_delivery_writes_the_log(edge: Template) -> None:
    document = edge.one("Logs::ResourcePolicy")["PolicyDocument"]["Fn::Join"][1]
    (statement,) = json.loads("".join(part if isinstance(part, str) else str(part) for part in document))["Statement"]
    assert statement["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    account = "{'Ref': 'AWS::AccountId'}"
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{account}:*"},
    }
    assert refers_to(document) >= {*edge.all("Logs::LogGroup")}


def test_many_blocked_requests_raise_an_alarm(edge: Template, stage: str) -> None:
    alarm = edge.one("CloudWatch::Alarm", MetricName="BlockedRequests")
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", STAGES[stage].alarms.blocked_requests)
    assert {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]} == {
        "WebACL": edge.one("WAFv2::WebACL")["VisibilityConfig"]["MetricName"],
        "Rule": "ALL",
    }
