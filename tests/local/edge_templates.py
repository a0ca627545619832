"""Templates of what stands at the edge, and stacks that make it."""

from typing import Any

Json = dict[str, Any]

EDGE = "us-east-1"


def resource(kind: str, **properties: Any) -> Json:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def outputs(**values: Any) -> Json:
    return {name: {"Value": value} for name, value in values.items()}


def attribute(name: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [name, attribute]}


def at_home(home: Json, output: str) -> Json:
    where = {"StackName": home["name"], "Region": "ap-northeast-1", "OutputName": output}
    return {"Fn::GetStackOutput": where}


def vpc_origin(home: Json, name: str, **more: Any) -> Json:
    endpoint = {"Name": name, "Arn": at_home(home, "Arn"), **more}
    return resource("CloudFront::VpcOrigin", VpcOriginEndpointConfig=endpoint)


BEHAVIOR: Json = {
    "TargetOriginId": "origin",
    "ViewerProtocolPolicy": "redirect-to-https",
    "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
}
FORMS: Json = {
    **BEHAVIOR,
    "PathPattern": "/write*",
    "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
    "CachedMethods": ["GET", "HEAD", "OPTIONS"],
    "Compress": True,
    "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
    "ResponseHeadersPolicyId": "67f7725c-6f97-4210-82d7-5512b31e9d03",
}


def distribution(home: Json, **more: Any) -> Json:
    origin = {
        "Id": "origin",
        "DomainName": at_home(home, "Host"),
        "VpcOriginConfig": {
            "VpcOriginId": attribute("Origin", "Id"),
            "OriginReadTimeout": 21,
            "OriginKeepaliveTimeout": 50,
        },
    }
    config = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": BEHAVIOR, **more}
    return resource("CloudFront::Distribution", DistributionConfig=config)


def site(home: Json, name: str, **more: Any) -> Json:
    return {
        "Resources": {"Origin": vpc_origin(home, name), "Site": distribution(home, **more)},
        "Outputs": outputs(
            Id={"Ref": "Site"},
            Domain=attribute("Site", "DomainName"),
            Origin=attribute("Origin", "Id"),
            OriginArn=attribute("Origin", "Arn"),
        ),
    }


def listed(*items: Any) -> Json:
    return {"Quantity": len(items), "Items": [*items]}
