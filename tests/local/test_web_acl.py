"""WAF's API gives back what a template says of a web ACL, whose logs go where and as redacted as it says."""

from typing import Any

import pytest

from local.cloud import Cloud
from tests.cloud_parts import delete_stack, put_stack
from tests.local.edge_templates import EDGE, Json, attribute, outputs, resource

VISIBLE = {"CloudWatchMetricsEnabled": True, "MetricName": "all", "SampledRequestsEnabled": True}


def _path(**text: str) -> Json:
    """A rule on the beginning of a path, written as text or as Base64."""
    match: Json = {
        "FieldToMatch": {"UriPath": {}},
        "PositionalConstraint": "STARTS_WITH",
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        **text,
    }
    return {
        "Name": "path",
        "Priority": 0,
        "Statement": {"NotStatement": {"Statement": {"ByteMatchStatement": match}}},
        "Action": {"Count": {}},
        "VisibilityConfig": VISIBLE,
    }


def _web_acl(log_group: str, *, headers: list[str], rules: list[Json] | None = None) -> Json:
    web_acl = resource(
        "WAFv2::WebACL", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, VisibilityConfig=VISIBLE, Rules=rules or []
    )
    logging = resource(
        "WAFv2::LoggingConfiguration",
        ResourceArn=attribute("WebAcl", "Arn"),
        LogDestinationConfigs=[{"Fn::Sub": f"arn:aws:logs:us-east-1:${{AWS::AccountId}}:log-group:{log_group}"}],
        RedactedFields=[{"SingleHeader": {"Name": header}} for header in headers],
    )
    group = resource("Logs::LogGroup", LogGroupName=log_group)
    resources = {"WebAcl": web_acl, "Logging": {**logging, "DependsOn": ["Group"]}, "Group": group}
    return {"Resources": resources, "Outputs": outputs(Ref={"Ref": "WebAcl"}, Arn=attribute("WebAcl", "Arn"))}


def _rules(waf: Any, reference: str) -> list[Json]:
    name, web_acl, scope = reference.split("|")
    return waf.get_web_acl(Name=name, Id=web_acl, Scope=scope)["WebACL"]["Rules"]


def test_the_rules_are_given_back_as_the_template_has_them(cloud: Cloud, name: str) -> None:
    waf = cloud.client("wafv2", EDGE)
    for verb, text in (("create", {"SearchString": "/write"}), ("update", {"SearchStringBase64": "L3dyaXRl"})):
        template = _web_acl(f"aws-waf-logs-{name}", headers=[], rules=[_path(**text)])
        made = put_stack(cloud, verb, name, template, region=EDGE)
        assert _rules(waf, made["Ref"]) == [_path() | {"Statement": _found(b"/write")}]


def _found(text: bytes) -> Json:
    match = _path()["Statement"]["NotStatement"]["Statement"]["ByteMatchStatement"]
    return {"NotStatement": {"Statement": {"ByteMatchStatement": {**match, "SearchString": text}}}}


def test_the_logs_are_as_redacted_as_the_template_says(cloud: Cloud, name: str) -> None:
    waf, group = cloud.client("wafv2", EDGE), f"aws-waf-logs-{name}"
    for verb, headers in (("create", ["cookie"]), ("update", ["cookie", "authorization"])):
        arn = put_stack(cloud, verb, name, _web_acl(group, headers=headers), region=EDGE)["Arn"]
        found = waf.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]
        assert found["LogDestinationConfigs"] == [f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"]
        assert [each["SingleHeader"]["Name"] for each in found["RedactedFields"]] == headers
    delete_stack(cloud, name, region=EDGE)
    with pytest.raises(waf.exceptions.WAFNonexistentItemException):
        waf.get_logging_configuration(ResourceArn=arn)


def test_the_log_group_must_have_the_name_that_aws_demands(cloud: Cloud, name: str) -> None:
    with pytest.raises(AssertionError, match="with a name that starts with aws-waf-logs-"):
        put_stack(cloud, "create", name, _web_acl(f"waf-logs-{name}", headers=[]), region=EDGE)
