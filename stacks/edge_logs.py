"""CloudFront's access logs: the bucket that takes them at home, and the delivery from us-east-1."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.config_edge import EDGE_REGION
from stacks.findings import acknowledge
from stacks.private_bucket import private_bucket

# Keys begin cdn/distributionid=…/year=…/month=…/day=…/hour=…/. With a folder of ours CloudFront adds none of its own,
# and Athena's tables want lower case ("Configure standard logging (v2)", Amazon CloudFront developer guide).
FOLDER = "cdn"
SUFFIX = "{distributionid}/{yyyy}/{MM}/{dd}/{HH}"
# "Standard logging reference": all but cs(Cookie), since a session's cookie opens it.
STANDARD_FIELDS = (
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
)
FIELDS = (*STANDARD_FIELDS, "timestamp(ms)", "cache-behavior-path-pattern")


class EdgeLogBucket(Construct):
    """A private bucket that only the log delivery of the stage's distribution writes to.

    Its policy says so here: where it does not, starting a delivery adds to the policy behind CloudFormation's back.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        # Encrypted by S3 itself: a key of our own would have to let the delivery in from another region.
        self.bucket = private_bucket(self, "Bucket", keep_days=config.edge.log_days)
        acknowledge(
            self.bucket,
            "S1",
            reason="this bucket is where access logs go; logging the access to it would only make logs about logs",
        )
        # The bucket's own ARN would need a name of our choice to be read in another region.
        self.arn = cast("s3.CfnBucket", self.bucket.node.default_child).attr_arn
        source = f"arn:{Aws.PARTITION}:logs:{EDGE_REGION}:{Aws.ACCOUNT_ID}:delivery-source:{delivery_name(config)}"
        conditions = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}, "ArnLike": {"aws:SourceArn": source}}
        owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
        self._allow("s3:GetBucketAcl", on=self.bucket.bucket_arn, conditions=conditions)
        self._allow(
            "s3:PutObject",
            on=self.bucket.arn_for_objects(f"{FOLDER}/*"),
            conditions={**conditions, "StringEquals": {**conditions["StringEquals"], **owned}},
        )

    def _allow(self, action: str, *, on: str, conditions: dict[str, dict[str, str]]) -> None:
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
                actions=[action],
                resources=[on],
                conditions=conditions,
            )
        )


class EdgeLogDelivery(Construct):
    """Standard logging (v2) of a distribution, as Parquet."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        distribution: cloudfront.Distribution,
        bucket: EdgeLogBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        name = delivery_name(config)
        source = logs.CfnDeliverySource(
            self, "Source", name=name, log_type="ACCESS_LOGS", resource_arn=distribution.distribution_arn
        )
        destination = logs.CfnDeliveryDestination(
            self,
            "Destination",
            name=name,
            destination_resource_arn=f"{bucket.arn}/{FOLDER}",
            output_format="parquet",
        )
        delivery = logs.CfnDelivery(
            self,
            "Delivery",
            delivery_source_name=name,
            delivery_destination_arn=destination.attr_arn,
            record_fields=[*FIELDS],
            s3_suffix_path=SUFFIX,
            s3_enable_hive_compatible_path=True,
        )
        # It names the source and does not refer to it.
        delivery.node.add_dependency(source)


def delivery_name(config: StageConfig) -> str:
    """Return what AWS demands a name for: the delivery's source, which the bucket's policy names, and destination."""
    return f"edgepost-{config.name}-cdn"
