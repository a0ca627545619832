"""A listener hands a request to the function whose rule its path matches, and everything else on."""

from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from local.load_balancer import visitor as visitor_of
from local.visitor import Visitor
from tests.cloud_parts import function_role, put_stack
from tests.local.balanced import ADMITTED, balanced_function, event_of

Json = dict[str, Any]
SHOWN = "X-Origin-Secret"


def rule(*, priority: int, conditions: list[Json], group: str) -> Json:
    """A rule of the listener."""
    forward = {"Type": "forward", "TargetGroupArn": {"Ref": group}}
    properties = {"ListenerArn": {"Ref": "Listener"}, "Priority": priority, "Conditions": conditions}
    return {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {**properties, "Actions": [forward]}}


@pytest.fixture(scope="module")
def balanced(cloud: Cloud) -> dict[str, str]:
    """A load balancer before two functions: the other one for /unsubscribe and, with a secret, for /hidden."""
    role = function_role(cloud, name=f"rules-{uuid4().hex[:8]}", actions=["logs:*"])
    template = balanced_function(role, multi_value=True, permission=ADMITTED, port=80)
    resources: Json = template["Resources"]
    for name in ("Function", "Permission", "Group"):
        resources[f"Other{name}"] = _of_other(resources[name])
    path: Json = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/unsubscribe"]}}
    hidden: Json = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/hidden/*"]}}
    header = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": SHOWN, "Values": ["secret"]}}
    resources["Rule"] = rule(priority=1, conditions=[path], group="OtherGroup")
    resources["Hidden"] = rule(priority=2, conditions=[hidden, header], group="OtherGroup")
    template["Outputs"]["OtherGroup"] = {"Value": {"Ref": "OtherGroup"}}
    return put_stack(cloud, "create", f"rules-{uuid4().hex[:8]}", template)


def _of_other(resource: Json) -> Json:
    """The same resource beside the other function."""
    properties: Json = dict(resource["Properties"])
    if "Targets" in properties:
        properties["Targets"] = [{"Id": {"Fn::GetAtt": ["OtherFunction", "Arn"]}}]
    if "FunctionName" in properties:
        properties["FunctionName"] = {"Ref": "OtherFunction"}
    needs = {"DependsOn": ["OtherPermission"]} if "DependsOn" in resource else {}
    return {"Type": resource["Type"], "Properties": properties, **needs}


@pytest.fixture
def visitor(cloud: Cloud, balanced: dict[str, str]) -> Visitor:
    return visitor_of(cloud, balanced["Name"])


@pytest.mark.parametrize(
    ("path", "headers", "group"),
    [
        ("/unsubscribe", {}, "OtherGroup"),
        ("/unsubscribe?token=a.b", {}, "OtherGroup"),
        ("/unsubscribe/", {}, "Group"),
        ("/Unsubscribe", {}, "Group"),
        ("/", {}, "Group"),
        ("/hidden/a", {SHOWN: "secret"}, "OtherGroup"),
        ("/hidden/a", {SHOWN: "wrong"}, "Group"),
        ("/hidden/a", {}, "Group"),
        ("/elsewhere", {SHOWN: "secret"}, "Group"),
    ],
)
def test_a_rule_takes_what_all_its_conditions_match(
    visitor: Visitor, balanced: dict[str, str], path: str, headers: dict[str, str], group: str
) -> None:
    event = event_of(visitor.request("GET", path, headers=headers))
    assert event["requestContext"]["elb"]["targetGroupArn"] == balanced[group]


def test_a_post_keeps_its_query_and_its_body(visitor: Visitor, balanced: dict[str, str]) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"List-Unsubscribe=One-Click"
    event = event_of(visitor.request("POST", "/unsubscribe?token=a%2Bb.c", headers=form, body=body))
    assert event["requestContext"]["elb"]["targetGroupArn"] == balanced["OtherGroup"]
    assert event["multiValueQueryStringParameters"] == {"token": ["a%2Bb.c"]}
    assert event["isBase64Encoded"] is True
