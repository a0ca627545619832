"""Messages that no try can help: on their dead-letter queue, whole and with the reason; and their way back."""

import base64
import re
from collections.abc import Mapping
from typing import Any

# Amazon SQS developer guide, "Amazon SQS message quotas": attributes of a message, bytes of body and attributes.
MAX_ATTRIBUTES = 10
MAX_MESSAGE_BYTES = 1_048_576
# Added to a dead letter in this order, as far as they fit.
REASON, REQUEST_ID, DETAIL = "FailureReason", "FailedRequestId", "FailureDetail"
# Of a message that was sent in again: the id of the one that failed.
REDRIVEN_FROM = "RedrivenFrom"
MESSAGE_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def redriven_from(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """The id of the message that this one was sent in again for, by the attributes of Lambda's event; empty if none.

    Anybody may send the attribute: what is no message id is not looked at.
    """
    told: str = attributes.get(REDRIVEN_FROM, {}).get("stringValue") or ""
    return told if MESSAGE_ID.fullmatch(told) else ""


def own_attributes(letter: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that a dead letter, as ReceiveMessage gives it, came with: without those that were added."""
    added = {REASON, REQUEST_ID, DETAIL, REDRIVEN_FROM}
    return {name: value for name, value in letter.get("MessageAttributes", {}).items() if name not in added}


def with_text(letter: Mapping[str, Any], attributes: Mapping[str, Any], **texts: str) -> dict[str, Any] | None:
    """The attributes with some of type String more; None where the letter's body leaves no room for them."""
    more = {**attributes, **{name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}}
    size = len(letter["Body"].encode()) + sum(_size(*pair) for pair in more.items())
    return more if len(more) <= MAX_ATTRIBUTES and size <= MAX_MESSAGE_BYTES else None


def _attribute(delivered: Mapping[str, Any]) -> dict[str, Any]:
    """From the spelling of Lambda's event to that of SendMessage."""
    attribute = {"DataType": delivered["dataType"]}
    if delivered.get("stringValue") is not None:
        return {**attribute, "StringValue": delivered["stringValue"]}
    return {**attribute, "BinaryValue": base64.b64decode(delivered["binaryValue"])}


def _size(name: str, attribute: Mapping[str, Any]) -> int:
    value = attribute.get("BinaryValue") or attribute.get("StringValue", "").encode()
    return len(name.encode()) + len(attribute["DataType"].encode()) + len(value)
