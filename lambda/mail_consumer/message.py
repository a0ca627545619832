"""A queue message in hand: what Lambda delivers, read once."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mail_common import dead_letters
from mail_common.correlation import correlation_id
from mail_consumer.checks import check
from mail_consumer.request import MailRequest, RequestError, parse
from mail_consumer.settings import Queue, Settings


class Message(Struct, frozen=True, kw_only=True, eq=False):
    """One record of the event, with the request that it holds or the reason why it holds none."""

    id: str
    correlation_id: str
    queue: Queue
    queue_name: str
    receipt_handle: str
    body: str
    attributes: dict[str, dict[str, Any]]
    group: str | None
    queued_at: int
    """Epoch milliseconds."""
    request: MailRequest | RequestError
    redriven_from: str = ""
    """The id of the failed request that this one was sent in again for."""
    left_out: dict[str, str] = {}
    """Recipients that are no longer in the request since they are suppressed, each with the reason."""

    @property
    def ids(self) -> dict[str, str]:
        """What every log line about it says, so that it is found by either id."""
        return {"message_id": self.id, "correlation_id": self.correlation_id}

    @property
    def recipients(self) -> int:
        """How many recipients the send counts against the rate."""
        return len(self.request.recipients) if isinstance(self.request, MailRequest) else 0


def read(record: Mapping[str, Any], *, settings: Settings) -> Message:
    """Read one record of an SQS event (Lambda developer guide, "Using Lambda with Amazon SQS")."""
    arn: str = record["eventSourceARN"]
    attributes: dict[str, dict[str, Any]] = record.get("messageAttributes") or {}
    try:
        parsed = parse(body=record["body"], attributes=attributes)
        request = check(parsed, domain=settings.mail_domain, site_url=settings.site_url)
    except RequestError as error:
        request = error
    return Message(
        id=record["messageId"],
        correlation_id=correlation_id(attributes, message_id=record["messageId"]),
        queue=settings.queues[arn],
        queue_name=arn.rpartition(":")[2],
        receipt_handle=record["receiptHandle"],
        body=record["body"],
        attributes=attributes,
        # A standard queue may carry group ids too (fair queues), but keeps no order by them.
        group=record["attributes"].get("MessageGroupId") if arn.endswith(".fifo") else None,
        queued_at=int(record["attributes"]["SentTimestamp"]),
        request=request,
        redriven_from=dead_letters.redriven_from(attributes),
    )


def dead_letter(message: Message, *, reason: str, detail: str) -> dict[str, Any]:
    """Arguments of SendMessage that put the message on the dead-letter queue of its own queue."""
    return dead_letters.dead_letter(
        url=message.queue.dead_letter_url,
        message_id=message.id,
        body=message.body,
        attributes=message.attributes,
        group=message.group,
        reason=reason,
        detail=detail,
    )
