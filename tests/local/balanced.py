"""A function behind a load balancer, which tells what it was asked or answers what it is told."""

import json
from typing import Any

from local.answer import Answer
from local.visitor import Visitor

FUNCTION = """
import json, os, time

def handle(event, context):
    if event["path"] == "/answer":
        return json.loads(event["body"])
    if event["path"] == "/fail":
        raise ValueError
    if event["path"] == "/slow":
        time.sleep(0.5)
    if event["path"] == "/log":
        print(event["body"])
    return {"statusCode": 200, "body": json.dumps({"event": event, "process": os.getpid()})}
"""


def balanced_function(role: str, *, multi_value: bool, permission: dict[str, str] | None, port: int) -> dict[str, Any]:
    """A template of a function behind a load balancer."""
    attributes = [{"Key": "lambda.multi_value_headers.enabled", "Value": str(multi_value).lower()}]
    code = {"ZipFile": FUNCTION}
    function = {"Runtime": "python3.13", "Handler": "index.handle", "Role": role, "Code": code, "Timeout": 10}
    group = {
        "TargetType": "lambda",
        "Targets": [{"Id": {"Fn::GetAtt": ["Function", "Arn"]}}],
        "TargetGroupAttributes": attributes,
    }
    forward = {"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}
    listener = {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": port, "Protocol": "HTTP", "DefaultActions": [forward]}
    drop = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]
    allowed = {"FunctionName": {"Ref": "Function"}, "Action": "lambda:InvokeFunction", **(permission or {})}
    resources: dict[str, Any] = {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": allowed},
        "Group": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": group,
            "DependsOn": ["Permission"] if permission else [],
        },
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {"Scheme": "internal", "LoadBalancerAttributes": drop},
        },
        "Listener": {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": listener},
    }
    if permission is None:
        del resources["Permission"]
    outputs = {
        "Name": {"Value": {"Fn::GetAtt": ["Balancer", "DNSName"]}},
        "Group": {"Value": {"Ref": "Group"}},
        "Function": {"Value": {"Ref": "Function"}},
    }
    return {"Resources": resources, "Outputs": outputs}


ADMITTED = {"Principal": "elasticloadbalancing.amazonaws.com"}


def event_of(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200
    return json.loads(answer.text)["event"]


def answering(visitor: Visitor, answer: object) -> Answer:
    """Let the function answer this."""
    headers = {"content-type": "application/json"}
    return visitor.request("POST", "/answer", headers=headers, body=json.dumps(answer).encode())
