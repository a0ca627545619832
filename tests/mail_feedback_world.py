"""The tables, queue and key that feedback and unsubscribing work with, on the embedded cloud."""

import json
import time
from typing import Any
from uuid import uuid4

from local.cloud import Cloud
from mail_common.suppressions import Suppressions
from mail_common.unsubscribe import Unsubscribe

SITE = "https://www.mail.test"


class FeedbackWorld:
    """What feedback finds around it, made anew for each test or shared by those that use addresses of their own."""

    def __init__(self, cloud: Cloud) -> None:
        self.name = f"feedback-{uuid4().hex[:8]}"
        self.dynamodb, self.sqs, self.kms, self.ses = map(cloud.client, ("dynamodb", "sqs", "kms", "sesv2"))
        self.clock_ahead = 0.0
        for table, key in ((self.deliveries, "id"), (self.suppressed, "address")):
            self.dynamodb.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        self.dead_letter_url = self.sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]

    @property
    def deliveries(self) -> str:
        """The table of delivery records."""
        return f"{self.name}-deliveries"

    @property
    def suppressed(self) -> str:
        """The table of suppressed addresses."""
        return f"{self.name}-suppressions"

    @property
    def suppressions(self) -> Suppressions:
        """The suppressed addresses, as functions see them."""
        return Suppressions(client=self.dynamodb, table=self.suppressed, now=self.now)

    def now(self) -> float:
        """The functions' clock, which a test can put forward."""
        return time.time() + self.clock_ahead

    def key(self) -> str:
        """A new key for unsubscribe links."""
        made = self.kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return made["KeyMetadata"]["KeyId"]

    def links(self, key: str, *, site: str = SITE) -> Unsubscribe:
        """What makes and reads the links of a key."""
        return Unsubscribe(client=self.kms, key_id=key, site_url=site)

    def item(self, address: str) -> dict[str, Any]:
        """The item of an address, as the table has it; empty if there is none."""
        return self._get(self.suppressed, "address", address)

    def record(self, request_id: str) -> dict[str, Any]:
        """A delivery record, as the table has it; empty if there is none."""
        return self._get(self.deliveries, "id", request_id)

    def words(self, request_id: str) -> dict[str, str]:
        """What a delivery record says became of each recipient."""
        outcomes = self.record(request_id).get("outcomes", {"M": {}})["M"]
        return {address: outcome["M"]["word"]["S"] for address, outcome in outcomes.items()}

    def sent(self, request_id: str) -> None:
        """A record as the consumer leaves it when the mail is sent."""
        item = {"id": {"S": request_id}, "status": {"S": "sent"}, "expires": {"N": "2000000000"}}
        self.dynamodb.put_item(TableName=self.deliveries, Item=item)

    def dead_letters(self) -> list[dict[str, str]]:
        """Body and reason of what is on the dead-letter queue; each is read once."""
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letter_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            {"body": message["Body"], "reason": message["MessageAttributes"]["FailureReason"]["StringValue"]}
            for message in answer.get("Messages", [])
        ]

    def _get(self, table: str, key: str, value: str) -> dict[str, Any]:
        answer = self.dynamodb.get_item(TableName=table, Key={key: {"S": value}}, ConsistentRead=True)
        return dict(answer.get("Item", {}))


def sqs_record(event: dict[str, Any] | str) -> dict[str, Any]:
    """One record of an SQS event whose body is a record of SES, by raw message delivery."""
    return {
        "messageId": str(uuid4()),
        "receiptHandle": "receipt",
        "body": event if isinstance(event, str) else json.dumps(event),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1573251510774"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:ap-northeast-1:000000000000:feedback",
        "awsRegion": "ap-northeast-1",
    }
