"""Puts mail requests on the queue, in the JSON form of docs/mail-request.md."""

import hashlib
import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from blog.correlation import correlation_id
from blog.outages import MailUnavailableError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

logger = logging.getLogger(__name__)

QUICK = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def sqs_client() -> "SQSClient":
    """A client of SQS that gives up while a visitor is still waiting."""
    return get_session().create_client("sqs", config=QUICK)  # pyright: ignore[reportReturnType] (knows no services)


class Mailer:
    """Writes the blog's mails. Raises MailUnavailableError where the queue does not take them."""

    def __init__(
        self, *, make_client: Callable[[], "SQSClient"], queue_url: str, domain: str, contact: str, site_title: str
    ) -> None:
        self._make_client = make_client
        self._queue_url = queue_url
        self._sender = f"blog@{domain}"
        self._contact = contact
        self._site_title = site_title
        self._client: SQSClient | None = None

    def send_link(self, link: str, *, to: str, minutes: int) -> str:
        """Queue a sign-in link and return the message's id."""
        text = (
            f"With this link you can sign in to {self._site_title}, once and within {minutes} minutes:\n\n"
            f"{link}\n\n"
            "If you did not ask for it, do nothing: without the link nobody signs in.\n"
        )
        return self._queue("sign-in", to=to, subject=f"Sign in to {self._site_title}", text=text, unlike=link)

    def send_contact(self, *, name: str, address: str, message: str, visit: str) -> str:
        """Queue what a visitor has written and return the message's id; sent twice in one visit, it is one mail."""
        return self._queue(
            "contact",
            to=self._contact,
            subject=f"{self._site_title}: message from {name}",
            text=f"{message}\n\n-- \n{name} <{address}>\nAnswers to this mail go to this address.\n",
            reply_to=[address],
            unlike="\n".join((visit, name, address, message)),
        )

    def _queue(
        self, kind: str, *, to: str, subject: str, text: str, unlike: str, reply_to: list[str] | None = None
    ) -> str:
        """Queue a mail; those of a kind that share `unlike` are one."""
        request = {
            "version": 1,
            "from": self._sender,
            "to": [to],
            "reply_to": reply_to or [],
            "subject": subject,
            "text": text,
            "tags": {"kind": kind},
            "idempotency_key": f"blog-{kind}-{hashlib.sha256(unlike.encode()).hexdigest()}",
        }
        body = json.dumps(request, ensure_ascii=False)
        try:
            # Made when first needed, which is seldom: it costs a cold start more than all the rest.
            self._client = self._client or self._make_client()
            sent = self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=body, MessageAttributes=_attributes()
            )
        except (BotoCoreError, ClientError) as error:
            logger.exception("mail request not queued", extra={"event": "fault"})
            raise MailUnavailableError(str(error)) from error
        logger.info("mail request queued", extra={"event": "queued", "message_id": sent["MessageId"], "kind": kind})
        return sent["MessageId"]


def _attributes() -> dict[str, Any]:
    """The request that a mail comes from, as the consumer takes it over; nothing where an operator asks."""
    found = correlation_id()
    return {"CorrelationId": {"DataType": "String", "StringValue": found}} if found else {}
