"""A mail request as people type it, and how it is put on a queue: the wire format of docs/mail-request.md."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mail_consumer.request import MailRequest, attributes_of
from operate.command import InputError
from operate.stage import QUEUES, Stage

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

LONGEST_DELAY = 900
"""Seconds (Amazon SQS API reference, SendMessage, DelaySeconds)."""
DEFAULT_WAIT = 60
"""Seconds that a command follows a request."""
MESSAGE_GROUP = "make-mail"
"""What is typed on the FIFO queue is one group: it is sent in the order in which it was typed."""


@dataclass(frozen=True, kw_only=True)
class TypedRequest:
    """A mail to be sent, the queue it goes to, and how long to follow it."""

    recipient: str
    sender: str
    """Empty: `test@` the stage's mail domain."""
    subject: str
    body: str
    queue: str
    delay: int | None
    """Seconds until the queue hands the message out; None leaves it to the queue."""
    wait: float
    """Seconds to follow the request."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "TypedRequest":
        """Read what was typed: TO, FROM, SUBJECT, BODY, QUEUE, DELAY and WAIT; an empty value is the default."""
        typed = {name: value for name, value in environment.items() if value}
        if "TO" not in typed:
            raise InputError("TO is empty, expected the address of the recipient: make mail TO=you@example.com")
        return cls(
            recipient=typed["TO"],
            sender=typed.get("FROM", ""),
            subject=typed.get("SUBJECT", "Edgepost からのテストメール"),
            body=typed.get("BODY", "このメールは Edgepost の make mail で送信されました。"),
            queue=_queue(typed),
            delay=_delay(typed),
            wait=_wait(typed),
        )


def _queue(typed: Mapping[str, str]) -> str:
    queue = typed.get("QUEUE", "standard")
    if queue not in QUEUES:
        raise InputError(f"QUEUE '{queue}' is not one of {', '.join(QUEUES)}")
    return queue


def _delay(typed: Mapping[str, str]) -> int | None:
    if "DELAY" not in typed:
        return None
    if typed.get("QUEUE") == "fifo":
        raise InputError(
            f"DELAY '{typed['DELAY']}' cannot be kept on QUEUE fifo, where a message has no delay of its own; "
            "leave DELAY out or use QUEUE=delay"
        )
    delay = typed["DELAY"]
    if not (delay.isdecimal() and int(delay) <= LONGEST_DELAY):
        raise InputError(f"DELAY '{delay}' is not a whole number of seconds from 0 to {LONGEST_DELAY}")
    return int(delay)


def _wait(typed: Mapping[str, str]) -> int:
    wait = typed.get("WAIT", str(DEFAULT_WAIT))
    if not wait.isdecimal():
        raise InputError(f"WAIT '{wait}' is not a whole number of seconds")
    return int(wait)


def put(stage: Stage, request: TypedRequest) -> str:
    """Put a request on its queue with the plain SDK and return the id of its message."""
    mail = MailRequest(
        version=1,
        sender=request.sender or f"test@{stage.outputs['Domain']}",
        to=[request.recipient],
        subject=request.subject,
        text=request.body,
    )
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "String", "StringValue": value} for name, value in attributes_of(mail).items()
    }
    sent = stage.sqs.send_message(
        QueueUrl=stage.queue_url(request.queue),
        MessageBody=time.strftime("%Y%m%d%H%M%S"),
        MessageAttributes=attributes,
        **_options(request),
    )
    return sent["MessageId"]


def _options(request: TypedRequest) -> dict[str, Any]:
    if request.queue == "fifo":
        return {"MessageGroupId": MESSAGE_GROUP, "MessageDeduplicationId": str(uuid.uuid4())}
    return {} if request.delay is None else {"DelaySeconds": request.delay}


def delay_seconds(stage: Stage, request: TypedRequest) -> int:
    """Return how long the queue will hold a request: its own delay, else the queue's."""
    if request.delay is not None:
        return request.delay
    url = stage.queue_url(request.queue)
    attributes = stage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"]).get("Attributes", {})
    return int(attributes.get("DelaySeconds", 0))
