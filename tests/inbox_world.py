"""An inbox beside the real bucket, queues, topics and table of the embedded cloud, with its batches cranked by hand."""

import json
import time
from typing import Any
from uuid import uuid4

from boto3.dynamodb.types import TypeDeserializer

from local.cloud import REGION, Cloud
from mail_inbox.inbox import Inbox, Invocation
from mail_inbox.settings import Route
from tests.cloud_parts import queue_of_topic
from tests.received_mails import ROUTE, SUPPORT, mail, settings, told

INVOCATION_S = 60


class Refusing:
    """A client whose calls of one kind fail as often as is asked for, and else do what they do."""

    def __init__(self, client: Any, call: str, *errors: Exception) -> None:
        self._client = client
        self._call = call
        self._errors = [*errors]

    def __getattr__(self, name: str) -> Any:
        if name != self._call or not self._errors:
            return getattr(self._client, name)
        return self._fail

    def _fail(self, **_: Any) -> None:
        raise self._errors.pop(0)


class InboxWorld:
    """What an inbox finds around it, made anew for each test."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.name = f"inbox-{uuid4().hex[:8]}"
        self.s3, self.sqs, self.sns, self.dynamodb = map(cloud.client, ("s3", "sqs", "sns", "dynamodb"))
        self.clock_ahead = 0.0
        for bucket in (self.name, self.attachments):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dynamodb.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.topic = self.sns.create_topic(Name=self.name)["TopicArn"]
        self.mail_queue, self.dead_letter_url = (
            self.sqs.create_queue(QueueName=f"{self.name}-{kind}")["QueueUrl"] for kind in ("mail", "dead")
        )
        self.told_url = queue_of_topic(cloud, name=f"{self.name}-told", topic=self.topic, raw=True)

    @property
    def attachments(self) -> str:
        """The bucket of what is to be sent."""
        return f"{self.name}-attachments"

    def now(self) -> float:
        """The inbox's clock, which a test can put forward."""
        return time.time() + self.clock_ahead

    def inbox(self, *routes: Route, **changed: Any) -> Inbox:
        """A new instance of the inbox, as a cold start makes it."""
        names = {
            "received_table": self.name,
            "inbox_bucket": self.name,
            "attachments_bucket": self.attachments,
            "mail_queue_url": self.mail_queue,
            "dead_letter_url": self.dead_letter_url,
            "routes": routes or (ROUTE,),
        }
        return Inbox(settings=settings(**(names | changed)), clients=self, now=self.now)  # pyright: ignore[reportArgumentType]

    def published(self, **changed: Any) -> Route:
        """A route to the topic."""
        usual: dict[str, Any] = {"name": "told", "recipients": (SUPPORT,), "topic_arn": self.topic}
        return Route(**(usual | changed))

    def receive(self, raw: bytes | None = None, **changed: Any) -> dict[str, Any]:
        """Put a mail into the bucket, and return the message that tells of it."""
        message_id = changed.setdefault("message_id", f"m-{uuid4().hex}")
        self.s3.put_object(Bucket=self.name, Key=message_id, Body=mail() if raw is None else raw)
        return self.message(**changed)

    def message(self, **changed: Any) -> dict[str, Any]:
        """A message of the queue, in the form of Lambda's event."""
        return {
            "messageId": uuid4().hex,
            "receiptHandle": "receipt",
            "body": told(**({"bucket": self.name} | changed)),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
        }

    def invocation(self, seconds: float = INVOCATION_S) -> Invocation:
        """A new invocation that Lambda would end after so many seconds."""
        return Invocation(owner=uuid4().hex, deadline=self.now() + seconds)

    def take(self, *messages: dict[str, Any], inbox: Inbox | None = None, seconds: float = INVOCATION_S) -> list[str]:
        """One invocation; returns the ids of the messages that come back."""
        return (inbox or self.inbox()).take(messages, invocation=self.invocation(seconds))

    def record(self, message: dict[str, Any]) -> dict[str, Any]:
        """The record of the mail that a message tells of, with plain values."""
        key = {"id": {"S": json.loads(message["body"])["mail"]["messageId"]}}
        item = self.dynamodb.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item", {})
        return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}

    def result(self, raw: bytes | None = None, *, inbox: Inbox | None = None, **changed: Any) -> dict[str, Any]:
        """Receive one mail, take it to its end, and return its record."""
        message = self.receive(raw, **changed)
        assert self.take(message, inbox=inbox) == []
        return self.record(message)

    def requests(self) -> list[dict[str, Any]]:
        """What has been put on the mail queue."""
        return [json.loads(message["Body"]) for message in self._received(self.mail_queue)]

    def announced(self) -> list[dict[str, Any]]:
        """What the topic has been told."""
        return [json.loads(message["Body"]) for message in self._received(self.told_url)]

    def dead_letters(self) -> list[dict[str, str]]:
        """What is on the dead-letter queue: body and reasons."""
        return [
            {"Body": message["Body"]}
            | {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            for message in self._received(self.dead_letter_url)
        ]

    def sent_on(self, request: dict[str, Any]) -> bytes:
        """The mail that a request of the mail queue is about."""
        return self.s3.get_object(Bucket=self.attachments, Key=request["raw_s3_key"])["Body"].read()

    def kept(self, message: dict[str, Any]) -> bytes:
        """The mail as it is in the bucket."""
        key = json.loads(message["body"])["receipt"]["action"]["objectKey"]
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def _received(self, url: str) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return answer.get("Messages", [])
