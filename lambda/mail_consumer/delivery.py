"""One claimed message to its end: composed, sent and recorded, or rejected, or left to come back."""

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mail_common.clients import Clients
from mail_common.errors import code_of
from mail_common.text import plain
from mail_consumer.compose import Composer
from mail_consumer.deliveries import Deliveries
from mail_consumer.errors import Meaning, meaning
from mail_consumer.message import Message, dead_letter
from mail_consumer.outcomes import Busy, Claim, Claimed, Ended, Outcome, Sent, Undecided
from mail_consumer.redrives import Redrives
from mail_consumer.request import MailRequest, RequestError
from mail_consumer.settings import Settings

logger = logging.getLogger(__name__)

# Seconds: the first doubles with each try, up to the second.
RETRY_BACKOFF = (5, 900)
THROTTLE_BACKOFF = (1, 300)


class ObstacleError(Exception):
    """Nothing can be sent for a while; the text is the code of SES's answer."""


class Delivery:
    """Delivers single messages; safe to use from several threads."""

    def __init__(
        self, *, settings: Settings, clients: Clients, deliveries: Deliveries, now: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._deliveries = deliveries
        self._redrives = Redrives(
            client=clients.dynamodb, table=settings.deliveries_table, record_days=settings.record_days, now=now
        )
        self._composer = Composer(settings=settings, clients=clients)
        self._now = now
        # A mail with files takes several times its size in memory, so only one is built at a time.
        self._one_with_files = threading.Lock()

    def deliver(self, message: Message, claim: Claim, *, latest: float) -> Outcome:
        """Bring a message to its end, or say for how long it stays hidden before it comes back.

        A mail that is sent is left to the caller to record, who can do it for several in one call. No send starts after
        `latest` (epoch seconds). Raises ObstacleError where nothing can be sent for a while.
        """
        match claim:
            case Claimed():
                return self._deliver_claimed(message, claim, latest=latest)
            case Busy(until=until):
                return max(1.0, until / 1000 - self._now())
            case Undecided() if (other := self._redriven_as(message)) is not None:
                return self._duplicate(message, of=other)
            case Undecided():
                detail = "an invocation ended after it had claimed this mail and before it recorded what became of it"
                return self._reject(message, reason="undecided", detail=detail)
            case Ended(status=status):
                logger.info("already ended", extra={**_about(message, "duplicate"), "status": status})
                return None

    def _deliver_claimed(self, message: Message, claim: Claimed, *, latest: float) -> Outcome:
        try:
            other = self._redriven_as(message)
        except (ClientError, BotoCoreError) as error:
            return self._retry(message, claim, reason=code_of(error), detail=str(error))
        if other is not None:
            return self._duplicate(message, of=other)
        request = message.request
        if isinstance(request, RequestError):
            return self._reject(message, reason=request.code, detail=request.detail)
        if not request.recipients:
            return self._suppress(message)
        with self._one_with_files if request.attachments or request.raw_s3_key else nullcontext():
            return self._compose_and_send(message, claim, request, latest=latest)

    def _compose_and_send(self, message: Message, claim: Claimed, request: MailRequest, *, latest: float) -> Outcome:
        if self._now() > latest:
            self._deliveries.waiting(message, reason="NoTime", detail="the batch ran out of time", counts=False)
            return 0.0
        try:
            if (earlier := self._earlier(message, request)) is not None:
                return self._duplicate(message, of=earlier)
            call = self._composer.compose(request, message_id=message.id, correlation_id=message.correlation_id)
        except RequestError as error:
            return self._reject(message, reason=error.code, detail=error.detail)
        except (ClientError, BotoCoreError) as error:
            return self._retry(message, claim, reason=code_of(error), detail=str(error))
        return self._send(message, claim, call, recipients=len(request.recipients))

    def _redriven_as(self, message: Message) -> str | None:
        """The message that stands for the failed request which this one was sent in again for, if it is another."""
        return self._redrives.take(message.redriven_from, message_id=message.id) if message.redriven_from else None

    def _duplicate(self, message: Message, *, of: str) -> None:
        self._deliveries.duplicate(message, of=of)
        logger.info("another stands for it", extra=_about(message, "duplicate"))

    def _earlier(self, message: Message, request: MailRequest) -> str | None:
        key = request.idempotency_key
        return self._deliveries.take_key(key, message) if key is not None else None

    def _send(self, message: Message, claim: Claimed, call: dict[str, Any], *, recipients: int) -> Outcome:
        try:
            answer = self._clients.ses.send_email(**call)
        except Exception as error:  # noqa: BLE001 - whatever a send raises has to end in a record
            return self._after_error(message, claim, error)
        sent = Sent(ses_message_id=answer["MessageId"], recipients=recipients, at=int(self._now() * 1000))
        extra = {"ses_message_id": sent.ses_message_id, "recipients": recipients}
        logger.info("sent", extra={**_about(message, "sent"), **extra})
        return sent

    def _after_error(self, message: Message, claim: Claimed, error: Exception) -> float | None:
        reason, detail = code_of(error), str(error)
        match meaning(error, domain=self._settings.mail_domain):
            case Meaning.PERMANENT:
                return self._reject(message, reason=reason, detail=detail)
            case Meaning.THROTTLED:
                self._deliveries.waiting(message, reason=reason, detail=plain(detail), throttled=True, counts=False)
                logger.warning("throttled", extra={**_about(message, "throttled"), "reason": reason})
                return _backoff(THROTTLE_BACKOFF, tries=claim.throttles + 1)
            case Meaning.OBSTACLE:
                self._deliveries.waiting(message, reason=reason, detail=plain(detail), counts=False)
                raise ObstacleError(reason) from error
            case Meaning.UNDECIDED if self._settings.on_undecided == "ask":
                return self._reject(message, reason="undecided", detail=f"no answer from SES: {detail}")
            case Meaning.UNDECIDED | Meaning.FAILED:
                return self._retry(message, claim, reason=reason, detail=detail)

    def _retry(self, message: Message, claim: Claimed, *, reason: str, detail: str) -> float | None:
        if claim.attempts >= self._settings.max_attempts:
            return self._reject(message, reason=reason, detail=detail)
        self._deliveries.waiting(message, reason=reason, detail=plain(detail), counts=True)
        logger.warning(
            "failed, will be tried again",
            extra={**_about(message, "retried"), "reason": reason, "attempts": claim.attempts},
        )
        return _backoff(RETRY_BACKOFF, tries=claim.attempts)

    def _suppress(self, message: Message) -> None:
        """Nobody is left: an end like any other, and no error."""
        self._deliveries.suppressed(message)
        logger.info("suppressed", extra=_about(message, "suppressed"))

    def _reject(self, message: Message, *, reason: str, detail: str) -> None:
        """To the dead-letter queue first, then recorded: a crash between the two leaves the message there, not lost."""
        detail = plain(detail)
        self._clients.sqs.send_message(**dead_letter(message, reason=reason, detail=detail))
        self._deliveries.failed(message, reason=reason, detail=detail)
        if isinstance(message.request, MailRequest) and message.request.idempotency_key is not None:
            self._deliveries.release_key(message.request.idempotency_key, message)
        event = "undecided" if reason == "undecided" else "rejected"
        logger.error("to the dead-letter queue", extra={**_about(message, event), "reason": reason})


def _about(message: Message, event: str) -> dict[str, str]:
    """What a log line says of a message: never an address, a subject or a body."""
    return {"event": event, **message.ids, "queue": message.queue_name}


def _backoff(bounds: tuple[int, int], *, tries: int) -> float:
    """Exponential with jitter, so that messages which failed together do not come back together."""
    first, most = bounds
    return min(most, first * 2 ** (tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
