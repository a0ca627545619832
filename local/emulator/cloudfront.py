"""CloudFront in CloudFormation: VPC origins, and distributions as complete as CloudFront answers them.

Its API then gives back all that a template says. What a reader of it should know:

- `GetDistributionConfig`, `ListDistributions` and `GetDistribution` hold what a template leaves out with the defaults
  below; `Items` is absent where `Quantity` is 0. Members without a default are absent: `OriginRequestPolicyId`,
  `ResponseHeadersPolicyId` of a behaviour, `VpcOriginConfig` or `CustomOriginConfig` of an origin, and of an error
  response `ErrorCachingMinTTL`, `ResponseCode`, `ResponsePagePath`.
- An origin's `DomainName` is the load balancer's, `VpcOriginConfig.VpcOriginId` leads to its ARN: `GetVpcOrigin`,
  `VpcOriginEndpointConfig.Arn`.
- Policies have an ETag of their own: a changed cache policy leaves the distribution's ETag as it was. Managed policies
  (`CachingOptimized`, `AllViewer`, ...) are answered as any other.
- An invalidation is `Completed` at once; `ListInvalidations` gives all of them, the oldest first, without their paths,
  which only `GetInvalidation` has.
- Log deliveries are found with CloudWatch Logs in us-east-1: `DescribeDeliverySources` (`resourceArns` holds the
  distribution's), `DescribeDeliveries`, `DescribeDeliveryDestinations`.
"""

from local.emulator import ministack, ministack_edge
from local.emulator.cloudformation import Made
from local.emulator.ministack import Json

ENDPOINT: Json = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "match-viewer"}
"""Of "AWS::CloudFront::VpcOrigin VpcOriginEndpointConfig" (AWS CloudFormation Template Reference)."""

# What CloudFront answers for what a template leaves out, in the words of a template: "DistributionConfig", "Origin" and
# "CacheBehavior" (Amazon CloudFront API Reference).
DISTRIBUTION: Json = {
    "Aliases": [],
    "CacheBehaviors": [],
    "Comment": "",
    "CustomErrorResponses": [],
    "DefaultRootObject": "",
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none"}},
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"},
    "WebACLId": "",
}
ORIGIN: Json = {"ConnectionAttempts": 3, "ConnectionTimeout": 10, "OriginCustomHeaders": [], "OriginPath": ""}
BEHAVIOR: Json = {
    "AllowedMethods": ["HEAD", "GET"],
    "CachedMethods": ["HEAD", "GET"],
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "FunctionAssociations": [],
    "LambdaFunctionAssociations": [],
    "SmoothStreaming": False,
    "TrustedKeyGroups": [],
    "TrustedSigners": [],
}


def install() -> None:
    """Add the type, of which what CloudFront's API refuses fails the deploy, and complete distributions."""
    ministack.add_resource_type("AWS::CloudFront::VpcOrigin", create=_create, update=_update, delete=_delete)
    ministack_edge.wrap_distribution_config(_complete)


def _complete(config: Json) -> Json:
    behaviors = [BEHAVIOR | each for each in config.get("CacheBehaviors", [])]
    return (
        DISTRIBUTION
        | config
        | {
            "CacheBehaviors": behaviors,
            "DefaultCacheBehavior": BEHAVIOR | config["DefaultCacheBehavior"],
            "Origins": [ORIGIN | each for each in config["Origins"]],
        }
    )


def _create(_logical_id: str, properties: Json, _stack_name: str) -> Made:
    vpc_origin = ministack_edge.create_vpc_origin(_endpoint(properties), properties.get("Tags", []))
    return vpc_origin, _attributes(vpc_origin)


def _update(vpc_origin: str, _old: Json, new: Json, _stack_name: str) -> Made:
    ministack_edge.update_vpc_origin(vpc_origin, _endpoint(new))
    return vpc_origin, _attributes(vpc_origin)


def _delete(vpc_origin: str, _properties: Json) -> None:
    ministack_edge.delete_vpc_origin(vpc_origin)


def _endpoint(properties: Json) -> Json:
    return ENDPOINT | properties["VpcOriginEndpointConfig"]


def _attributes(vpc_origin: str) -> Json:
    found = ministack_edge.vpc_origin(vpc_origin)
    return {name: found[name] for name in ("Arn", "CreatedTime", "Id", "LastModifiedTime", "Status")}
