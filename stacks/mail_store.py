"""What the mail path remembers: deliveries, the state of sending, who gets no mails, and the attachments to send."""

from constructs import Construct

from stacks.config import StageConfig
from stacks.findings import acknowledge
from stacks.private_bucket import private_bucket
from stacks.table import table


class MailStore(Construct):
    """Three tables and a bucket.

    `deliveries` has an item for each request, which is also what makes a mail go out once; it expires. `sending` has
    the one item that all invocations share: the token bucket of the sending rate and whether the consumer has paused.
    `suppressions` has an item for each address that gets no mails, or not all of them, with the reasons.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.deliveries = table(self, "Deliveries", config=config)
        self.sending = table(self, "Sending", config=config, expires=False)
        self.suppressions = table(self, "Suppressions", config=config, key="address")
        self.attachments = private_bucket(self, "Attachments", keep_days=config.consumer.attachment_days)
        acknowledge(
            self.attachments,
            "S1",
            reason="attachments pass through for some days and only the consumer reads them, which it records in the "
            "deliveries table; access logs would keep a second copy of who was sent what",
        )
