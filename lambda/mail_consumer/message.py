"""A queue message in hand: what Lambda delivers, read once."""

import base64
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mail_consumer.compose import check
from mail_consumer.request import MailRequest, RequestError, parse
from mail_consumer.settings import Queue, Settings

# Amazon SQS developer guide, "Amazon SQS message quotas": attributes of a message, bytes of body and attributes.
MAX_ATTRIBUTES = 10
MAX_MESSAGE_BYTES = 1_048_576
# Added to a dead letter in this order, as far as they fit; the delivery record always has them all.
REASON, REQUEST_ID, DETAIL = "FailureReason", "FailedRequestId", "FailureDetail"


class Message(Struct, frozen=True, kw_only=True, eq=False):
    """One record of the event, with the request that it holds or the reason why it holds none."""

    id: str
    queue: Queue
    queue_name: str
    receipt_handle: str
    body: str
    attributes: dict[str, dict[str, Any]]
    group: str | None
    queued_at: int
    """Epoch milliseconds."""
    request: MailRequest | RequestError

    @property
    def recipients(self) -> int:
        """How many recipients the send counts against the rate."""
        return len(self.request.recipients) if isinstance(self.request, MailRequest) else 0


def read(record: Mapping[str, Any], *, settings: Settings) -> Message:
    """Read one record of an SQS event (Lambda developer guide, "Using Lambda with Amazon SQS")."""
    arn: str = record["eventSourceARN"]
    attributes: dict[str, dict[str, Any]] = record.get("messageAttributes") or {}
    try:
        request = check(parse(body=record["body"], attributes=attributes), domain=settings.mail_domain)
    except RequestError as error:
        request = error
    return Message(
        id=record["messageId"],
        queue=settings.queues[arn],
        queue_name=arn.rpartition(":")[2],
        receipt_handle=record["receiptHandle"],
        body=record["body"],
        attributes=attributes,
        # A standard queue may carry group ids too (fair queues), but keeps no order by them.
        group=record["attributes"].get("MessageGroupId") if arn.endswith(".fifo") else None,
        queued_at=int(record["attributes"]["SentTimestamp"]),
        request=request,
    )


def dead_letter(message: Message, *, reason: str, detail: str) -> dict[str, Any]:
    """Arguments of SendMessage that put the message on its dead-letter queue: whole, with the reason where it fits."""
    attributes = {name: _attribute(value) for name, value in message.attributes.items()}
    room = MAX_MESSAGE_BYTES - len(message.body.encode()) - sum(_size(*pair) for pair in attributes.items())
    for name, text in ((REASON, reason), (REQUEST_ID, message.id), (DETAIL, detail)):
        added = {"DataType": "String", "StringValue": text}
        if text and len(attributes) < MAX_ATTRIBUTES and _size(name, added) <= room:
            attributes[name] = added
            room -= _size(name, added)
    fifo = {"MessageGroupId": message.group, "MessageDeduplicationId": message.id} if message.group else {}
    return {
        "QueueUrl": message.queue.dead_letter_url,
        "MessageBody": message.body,
        "MessageAttributes": attributes,
        **fifo,
    }


def _attribute(delivered: Mapping[str, Any]) -> dict[str, Any]:
    """From the spelling of Lambda's event to that of SendMessage."""
    attribute = {"DataType": delivered["dataType"]}
    if delivered.get("stringValue") is not None:
        return {**attribute, "StringValue": delivered["stringValue"]}
    return {**attribute, "BinaryValue": base64.b64decode(delivered["binaryValue"])}


def _size(name: str, attribute: Mapping[str, Any]) -> int:
    value = attribute.get("BinaryValue") or attribute.get("StringValue", "").encode()
    return len(name.encode()) + len(attribute["DataType"].encode()) + len(value)
