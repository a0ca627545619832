"""A consumer beside the real queues, tables and SES of the embedded cloud, with its batches cranked by hand."""

import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

from local.cloud import Cloud
from mail_consumer.consumer import Consumer, Invocation
from mail_consumer.settings import Queue
from tests.mail_records import ACCOUNT, DOMAIN, settings, text_attributes

INVOCATION_S = 60


class World:
    """What the consumer finds around it, made anew for each test."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.name = f"test-{uuid4().hex[:8]}"
        self.ses, self.sqs, self.dynamodb, self.s3, self.kms = map(
            cloud.client, ("sesv2", "sqs", "dynamodb", "s3", "kms")
        )
        self.lambda_ = cloud.client("lambda")
        self.clock_ahead = 0.0
        self.queues = {self._arn(kind): self._make_queue(kind) for kind in ("", ".fifo")}
        for table, key in (("deliveries", "id"), ("sending", "id"), ("suppressions", "address")):
            self.dynamodb.create_table(
                TableName=f"{self.name}-{table}",
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
        self.ses.create_configuration_set(ConfigurationSetName=self.name)
        self.ses.create_email_identity(EmailIdentity=DOMAIN)

    def _arn(self, kind: str) -> str:
        return f"{ACCOUNT}:{self.name}{kind}"

    def _make_queue(self, kind: str) -> Queue:
        fifo = {"FifoQueue": "true"} if kind else {}
        urls = [
            self.sqs.create_queue(QueueName=f"{self.name}{part}{kind}", Attributes=fifo)["QueueUrl"]
            for part in ("", "-dead")
        ]
        return Queue(url=urls[0], dead_letter_url=urls[1])

    def queue(self, kind: str = "") -> Queue:
        """The standard queue, or the one of another kind ('.fifo')."""
        return self.queues[self._arn(kind)]

    def consumer(self, **changed: Any) -> Consumer:
        """A new instance of the consumer, as a cold start makes it."""
        names = {
            "configuration_set": self.name,
            "deliveries_table": f"{self.name}-deliveries",
            "sending_table": f"{self.name}-sending",
            "suppressions_table": f"{self.name}-suppressions",
            "attachments_bucket": self.name,
            "queues": self.queues,
        }
        return Consumer(settings=settings(**(names | changed)), clients=self, now=self.now)  # pyright: ignore[reportArgumentType]

    def now(self) -> float:
        """The consumer's clock, which a test can put forward."""
        return time.time() + self.clock_ahead

    def put(self, *, kind: str = "", body: str = "20190515120000", group: str = "g", **texts: str) -> str:
        """Put a message on a queue and return its id; `texts` are its string attributes."""
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
        fifo = {"MessageGroupId": group, "MessageDeduplicationId": uuid4().hex} if kind else {}
        sent = self.sqs.send_message(
            QueueUrl=self.queue(kind).url, MessageBody=body, MessageAttributes=attributes, **fifo
        )
        return sent["MessageId"]

    def take(self, *, kind: str = "", url: str = "", visibility: int = 60) -> list[dict[str, Any]]:
        """Receive up to ten messages in the form of Lambda's event."""
        answer = self.sqs.receive_message(
            QueueUrl=url or self.queue(kind).url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=visibility,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": text_attributes(
                    **{name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
                ),
                "eventSourceARN": self._arn(kind),
            }
            for message in answer.get("Messages", [])
        ]

    def consume(self, consumer: Consumer, records: list[dict[str, Any]], *, seconds: float = INVOCATION_S) -> list[str]:
        """One invocation; what has ended is deleted from its queue, as Lambda does."""
        back = consumer.consume(records, invocation=self.invocation(seconds))
        for record in records:
            if record["messageId"] not in back:
                url = self.queues[record["eventSourceARN"]].url
                with suppress(self.sqs.exceptions.ReceiptHandleIsInvalid):  # of a second delivery
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
        return back

    def invocation(self, seconds: float = INVOCATION_S) -> Invocation:
        """A new invocation that Lambda would end after so many seconds."""
        return Invocation(owner=uuid4().hex, function=self.name, deadline=self.now() + seconds)

    def fail(self, **fault: Any) -> None:
        """Let the next sends fail; by default one, with an answer that says nothing."""
        usual: dict[str, Any] = {"times": 1, "code": "InternalFailure", "message": "try again", "status": 500}
        self.cloud.ses.fail(**(usual | fault))

    def mails(self) -> list[dict[str, Any]]:
        """The mails that SES has taken from this consumer."""
        return [mail for mail in self.cloud.ses.mails() if mail["configuration_set"] == self.name]

    def subjects(self) -> list[str]:
        """Their subjects, in the order in which they were taken."""
        return [mail["subject"] for mail in self.mails()]

    def delivery(self, message_id: str) -> dict[str, Any]:
        """The delivery record of a message, with plain values."""
        item = self.dynamodb.get_item(
            TableName=f"{self.name}-deliveries", Key={"id": {"S": message_id}}, ConsistentRead=True
        )["Item"]
        return {name: value.get("S", value.get("N")) for name, value in item.items()}

    def dead_letters(self, kind: str = "") -> list[dict[str, Any]]:
        """What is on the dead-letter queue, in the form of Lambda's event."""
        return self.take(kind=kind, url=self.queue(kind).dead_letter_url)
