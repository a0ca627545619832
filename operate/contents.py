"""What keeps CloudFormation from deleting a stack: objects in its buckets, records in its zone that are not its own."""

from typing import TYPE_CHECKING, Any

from operate.deployed_stacks import DeployedStack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET, ZONE, RECORD = "AWS::S3::Bucket", "AWS::Route53::HostedZone", "AWS::Route53::RecordSet"
MOST = 1000
"""Objects that S3 deletes at once ("DeleteObjects", Amazon S3 API reference)."""


def buckets(stack: DeployedStack) -> dict[str, int]:
    """Return how many objects are in each bucket that goes with the stack, where there are any."""
    s3 = stack.connect("s3")
    counts = {bucket: sum(map(len, _objects(s3, bucket))) for bucket in _going(stack, BUCKET)}
    return {bucket: count for bucket, count in counts.items() if count}


def empty(stack: DeployedStack) -> None:
    """Delete what is in the buckets that go with the stack."""
    s3 = stack.connect("s3")
    for bucket in _going(stack, BUCKET):
        for objects in _objects(s3, bucket):
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _going(stack: DeployedStack, kind: str) -> list[str]:
    return [each.id for each in stack.of(kind) if each.policy == "Delete"]


def _objects(s3: "S3Client", bucket: str) -> list[list[dict[str, str]]]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": MOST})
    return [
        [{"Key": each.get("Key", "")} for each in page.get("Contents", [])] for page in pages if page.get("Contents")
    ]


def strange_records(stack: DeployedStack) -> dict[str, list[dict[str, Any]]]:
    """Return the records of each zone that goes with the stack that no resource of it made, by zone.

    Those that prove a certificate's name stay when its stack goes ("DNS validation", AWS Certificate Manager guide).
    """
    own = {each.id.rstrip(".").lower() for each in stack.of(RECORD)}
    found = {
        zone: [each for each in _records(stack, zone) if each["Name"].rstrip(".").lower() not in own]
        for zone in _going(stack, ZONE)
    }
    return {zone: records for zone, records in found.items() if records}


def remove_strange_records(stack: DeployedStack) -> None:
    """Delete them."""
    route53 = stack.connect("route53")
    for zone, records in strange_records(stack).items():
        for record in records:
            change = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
            route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=change)


def _records(stack: DeployedStack, zone: str) -> list[dict[str, Any]]:
    route53 = stack.connect("route53")
    apex = route53.get_hosted_zone(Id=zone)["HostedZone"]["Name"]
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    records = [each for page in pages for each in page["ResourceRecordSets"]]
    return [each for each in records if not (each["Name"] == apex and each["Type"] in {"NS", "SOA"})]
