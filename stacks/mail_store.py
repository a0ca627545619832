"""What the mail path remembers: a record of each delivery, the state of sending, and the attachments to send."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from stacks.config import StageConfig
from stacks.findings import acknowledge
from stacks.private_bucket import private_bucket


class MailStore(Construct):
    """Two tables and a bucket.

    `deliveries` has an item for each request, which is also what makes a mail go out once; it expires. `sending` has
    the one item that all invocations share: the token bucket of the sending rate and whether the consumer has paused.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.deliveries, self.sending = (
            dynamodb.Table(
                self,
                name,
                partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
                billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
                time_to_live_attribute=expires,
                point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                    point_in_time_recovery_enabled=True
                ),
                deletion_protection=config.protected,
            )
            for name, expires in (("Deliveries", "expires"), ("Sending", None))
        )
        self.attachments = private_bucket(self, "Attachments", keep_days=config.consumer.attachment_days)
        acknowledge(
            self.attachments,
            "S1",
            reason="attachments pass through for some days and only the consumer reads them, which it records in the "
            "deliveries table; access logs would keep a second copy of who was sent what",
        )
