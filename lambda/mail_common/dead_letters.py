"""Messages that no try can help: on their dead-letter queue, whole and with the reason."""

import base64
from collections.abc import Mapping
from typing import Any

# Amazon SQS developer guide, "Amazon SQS message quotas": attributes of a message, bytes of body and attributes.
MAX_ATTRIBUTES = 10
MAX_MESSAGE_BYTES = 1_048_576
# Added to a dead letter in this order, as far as they fit.
REASON, REQUEST_ID, DETAIL = "FailureReason", "FailedRequestId", "FailureDetail"


def dead_letter(
    *,
    url: str,
    message_id: str,
    body: str,
    attributes: Mapping[str, Mapping[str, Any]],
    reason: str,
    detail: str,
    group: str | None = None,
) -> dict[str, Any]:
    """Arguments of SendMessage that put a message on the dead-letter queue `url`: whole, the reason where it fits.

    `attributes` are in the spelling of Lambda's event; `group` is that of a message of a FIFO queue.
    """
    written = {name: _attribute(value) for name, value in attributes.items()}
    room = MAX_MESSAGE_BYTES - len(body.encode()) - sum(_size(*pair) for pair in written.items())
    for name, text in ((REASON, reason), (REQUEST_ID, message_id), (DETAIL, detail)):
        added = {"DataType": "String", "StringValue": text}
        if text and len(written) < MAX_ATTRIBUTES and _size(name, added) <= room:
            written[name] = added
            room -= _size(name, added)
    fifo = {"MessageGroupId": group, "MessageDeduplicationId": message_id} if group else {}
    return {"QueueUrl": url, "MessageBody": body, "MessageAttributes": written, **fifo}


def dead_letter_of(record: Mapping[str, Any], *, url: str, reason: str, detail: str) -> dict[str, Any]:
    """The same for one record of an SQS event (Lambda developer guide, "Using Lambda with Amazon SQS")."""
    return dead_letter(
        url=url,
        message_id=record["messageId"],
        body=record["body"],
        attributes=record.get("messageAttributes") or {},
        reason=reason,
        detail=detail,
    )


def _attribute(delivered: Mapping[str, Any]) -> dict[str, Any]:
    """From the spelling of Lambda's event to that of SendMessage."""
    attribute = {"DataType": delivered["dataType"]}
    if delivered.get("stringValue") is not None:
        return {**attribute, "StringValue": delivered["stringValue"]}
    return {**attribute, "BinaryValue": base64.b64decode(delivered["binaryValue"])}


def _size(name: str, attribute: Mapping[str, Any]) -> int:
    value = attribute.get("BinaryValue") or attribute.get("StringValue", "").encode()
    return len(name.encode()) + len(attribute["DataType"].encode()) + len(value)
