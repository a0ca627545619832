"""The edge before a load balancer in the VPC, all made by CloudFormation."""

import json
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from tests.cloud_parts import function_role, put_stack
from tests.local.edge.site import CACHING_DISABLED, result

FUNCTION = """
import json

def handle(event, context):
    headers = {"cache-control": ["max-age=60"], "content-type": ["application/json"]}
    return {"statusCode": 200, "multiValueHeaders": headers, "body": json.dumps(event)}
"""
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""CloudFront's own policy of this name ("Use managed origin request policies")."""


def _template(role: str) -> dict[str, Any]:
    forward = {"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}
    endpoint = {"Name": f"edge-{uuid4().hex[:8]}", "Arn": {"Ref": "Balancer"}, "OriginProtocolPolicy": "http-only"}
    behavior = {"TargetOriginId": "vpc", "ViewerProtocolPolicy": "allow-all", "Compress": True}
    kept = {"MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 60, "Name": f"edge-{uuid4().hex[:8]}"}
    key = {
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    config = {
        "Enabled": True,
        "Origins": [
            {
                "Id": "vpc",
                "DomainName": {"Fn::GetAtt": ["Balancer", "DNSName"]},
                "VpcOriginConfig": {"VpcOriginId": {"Fn::GetAtt": ["Origin", "Id"]}},
            }
        ],
        "DefaultCacheBehavior": {**behavior, "CachePolicyId": {"Ref": "Policy"}},
        "CacheBehaviors": [
            {
                **behavior,
                "PathPattern": "/viewer/*",
                "CachePolicyId": CACHING_DISABLED,
                "OriginRequestPolicyId": ALL_VIEWER,
            }
        ],
    }
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "Function": (
            "AWS::Lambda::Function",
            {"Runtime": "python3.13", "Handler": "index.handle", "Role": role, "Code": {"ZipFile": FUNCTION}},
        ),
        "Permission": (
            "AWS::Lambda::Permission",
            {
                "FunctionName": {"Ref": "Function"},
                "Action": "lambda:InvokeFunction",
                "Principal": "elasticloadbalancing.amazonaws.com",
            },
        ),
        "Group": (
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            {
                "TargetType": "lambda",
                "Targets": [{"Id": {"Fn::GetAtt": ["Function", "Arn"]}}],
                "TargetGroupAttributes": [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}],
            },
        ),
        "Balancer": ("AWS::ElasticLoadBalancingV2::LoadBalancer", {"Scheme": "internal"}),
        "Listener": (
            "AWS::ElasticLoadBalancingV2::Listener",
            {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80, "Protocol": "HTTP", "DefaultActions": [forward]},
        ),
        "Origin": ("AWS::CloudFront::VpcOrigin", {"VpcOriginEndpointConfig": endpoint}),
        "Policy": (
            "AWS::CloudFront::CachePolicy",
            {"CachePolicyConfig": {**kept, "ParametersInCacheKeyAndForwardedToOrigin": key}},
        ),
        "Distribution": ("AWS::CloudFront::Distribution", {"DistributionConfig": config}),
    }
    resources: dict[str, dict[str, Any]] = {
        name: {"Type": kind, "Properties": properties} for name, (kind, properties) in kinds.items()
    }
    resources["Group"]["DependsOn"] = ["Permission"]
    outputs = {
        "Domain": {"Value": {"Fn::GetAtt": ["Distribution", "DomainName"]}},
        "Balancer": {"Value": {"Fn::GetAtt": ["Balancer", "DNSName"]}},
    }
    return {"Resources": resources, "Outputs": outputs}


@pytest.fixture(scope="module")
def outputs(cloud: Cloud) -> dict[str, str]:
    role = function_role(cloud, name=f"edge-{uuid4().hex[:8]}", actions=["logs:*"])
    return put_stack(cloud, "create", f"edge-{uuid4().hex[:8]}", _template(role))


def test_the_load_balancer_is_asked_once_under_its_own_name(cloud: Cloud, outputs: dict[str, str]) -> None:
    first, second = (cloud.edge.get("/a%20page?b=1", {"host": outputs["Domain"]}) for _ in range(2))
    assert [result(first), result(second)] == ["Miss", "Hit"]
    assert first.body == second.body
    event = json.loads(first.body)
    assert event["path"] == "/a%20page"
    assert event["multiValueQueryStringParameters"] == {}
    assert event["multiValueHeaders"]["host"] == [outputs["Balancer"]]
    assert event["multiValueHeaders"]["user-agent"] == ["Amazon CloudFront"]
    assert event["multiValueHeaders"]["x-forwarded-for"] == ["127.0.0.1, 127.0.0.1"]  # the viewer, then the edge


def test_the_load_balancer_is_found_also_where_the_viewers_host_goes_to_the_origin(
    cloud: Cloud, outputs: dict[str, str]
) -> None:
    answer = cloud.edge.get("/viewer/x", {"host": outputs["Domain"], "x-own": "1"})
    assert (answer.status, result(answer)) == (200, "Miss")
    headers = json.loads(answer.body)["multiValueHeaders"]
    assert (headers["host"], headers["x-own"]) == ([outputs["Domain"]], ["1"])
