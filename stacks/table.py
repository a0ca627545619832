"""A table that is paid by request, can be restored, and in a protected stage cannot be deleted."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from stacks.config import StageConfig


def table(
    scope: Construct, construct_id: str, *, config: StageConfig, key: str = "id", expires: bool = True
) -> dynamodb.Table:
    """Define a table of items found by one text; those with `expires` (epoch seconds) go by themselves."""
    return dynamodb.Table(
        scope,
        construct_id,
        partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute="expires" if expires else None,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=config.protected,
    )
