"""The ways out of the inbox: a mail sent on by the mail queue, or told to a topic.

Both can be done twice without harm, since a crash may come between them and the record: requests that share an
idempotency key send one mail, and what is told to a topic carries the mail's id.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mail_common.clients import Clients
from mail_inbox.forwarding import forwarded, own_address
from mail_inbox.guards import AUTO_REPLY, LOOPED, obstacle
from mail_inbox.mail import MAX_ADDRESS, MAX_ADDRESSES, Mail
from mail_inbox.notification import Notification
from mail_inbox.settings import Route, Settings

logger = logging.getLogger(__name__)

TOO_LARGE = "too large"
# What a log line says of an end, where it is not the same word.
EVENTS = {LOOPED: "looped", AUTO_REPLY: "auto_reply", TOO_LARGE: "too_large"}


class Received(Struct, frozen=True, kw_only=True):
    """A mail that is accepted: what SES tells of it, its bytes, and what was read of them."""

    notification: Notification
    raw: bytes
    mail: Mail

    @property
    def envelope(self) -> list[str]:
        """The envelope's recipients, cut."""
        return envelope(self.notification)


def envelope(notification: Notification) -> list[str]:
    """The envelope's recipients as records and topics hold them: so many, and of such a length."""
    return [address[:MAX_ADDRESS] for address in notification.receipt.recipients[:MAX_ADDRESSES]]


class Routing:
    """Takes mails along their routes; safe to use from several threads."""

    def __init__(self, *, settings: Settings, clients: Clients) -> None:
        self._settings = settings
        self._clients = clients

    def take(self, received: Received) -> dict[str, str]:
        """Take every route that is for one of the mail's recipients; returns what came of each, by its name."""
        taken: dict[str, str] = {}
        for route in self._settings.routes:
            recipient = route.recipient(received.notification.receipt.recipients)
            if recipient is not None:
                ends = [
                    *([self._forward(received, route, recipient=recipient)] if route.forward_to else []),
                    *([self._publish(received, route)] if route.topic_arn else []),
                ]
                taken[route.name] = ", ".join(ends)
        return taken

    def _forward(self, received: Received, route: Route, *, recipient: str) -> str:
        mail, notification = received.mail, received.notification
        why_not = obstacle(
            mail.fields, source=notification.source, domains=self._settings.receiving_domains
        ) or self._too_large(received.raw)
        if why_not:
            logger.warning("not sent on", extra=_about(received, route, EVENTS[why_not]))
            return why_not
        key = f"inbox/{notification.id}/{route.name}.eml"
        self._clients.s3.put_object(
            Bucket=self._settings.attachments_bucket,
            Key=key,
            Body=forwarded(
                received.raw,
                mail,
                domain=self._settings.mail_domain,
                received_for=recipient,
                source=notification.source,
            ),
        )
        sent = self._clients.sqs.send_message(
            QueueUrl=self._settings.mail_queue_url, MessageBody=json.dumps(self._request(received, route, key=key))
        )
        logger.info("sent on", extra=_about(received, route, "forwarded"))
        return f"queued {sent['MessageId']}"

    def _too_large(self, raw: bytes) -> str:
        return TOO_LARGE if len(raw) > self._settings.max_forward_bytes else ""

    def _request(self, received: Received, route: Route, *, key: str) -> Mapping[str, Any]:
        """The mail request, as the consumer reads it from its queue."""
        return {
            "version": 1,
            "from": own_address(self._settings.mail_domain),
            "to": route.forward_to,
            "subject": received.mail.subject,
            "raw_s3_key": key,
            "idempotency_key": f"inbox-{received.notification.id}-{route.name}",
        }

    def _publish(self, received: Received, route: Route) -> str:
        notification = received.notification
        told = {
            "id": notification.id,
            "from": received.mail.sender,
            "envelope": received.envelope,
            "subject": received.mail.subject,
            "received_at": notification.received_at,
            "bucket": self._settings.inbox_bucket,
            "key": notification.key,
            "size": len(received.raw),
            "verdicts": notification.verdicts,
        }
        self._clients.sns.publish(TopicArn=route.topic_arn, Message=json.dumps(told))
        logger.info("told to a topic", extra=_about(received, route, "published"))
        return "published"


def _about(received: Received, route: Route, event: str) -> dict[str, str]:
    """What a log line says of a mail: never an address or a subject."""
    return {"event": event, "mail": received.notification.id, "route": route.name}
