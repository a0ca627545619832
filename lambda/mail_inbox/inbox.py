"""Takes a batch of notifications to their ends: each mail gets a record, and what cannot end now comes back.

A mail is claimed before it is read. One that ends the function, by its memory or its time, is found claimed when its
notification comes back, and after a few times its record says so; it is not read again.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from mail_common.clients import Clients
from mail_common.dead_letters import dead_letter_of
from mail_common.errors import code_of
from mail_common.text import plain
from mail_inbox.notification import Notification, NotificationError, read
from mail_inbox.reading import Reading, unreadable
from mail_inbox.records import STORED, Busy, Claimed, Ended, Records
from mail_inbox.routing import envelope
from mail_inbox.settings import Settings

logger = logging.getLogger(__name__)

SIDE_BY_SIDE = 5
# Times that reading a mail may end the function.
MAX_ATTEMPTS = 2
# A mail that is begun must also end: the largest takes some seconds to be fetched and sent on.
LAST_START_BEFORE_DEADLINE_S = 20
# Clocks of two invocations differ.
LEASE_MARGIN_S = 5


class Invocation(Struct, frozen=True, kw_only=True):
    """Who works on a batch, and until when."""

    owner: str
    deadline: float
    """Epoch seconds at which Lambda ends the invocation."""

    @property
    def latest(self) -> float:
        """The last moment at which a mail may be begun, in epoch seconds."""
        return self.deadline - LAST_START_BEFORE_DEADLINE_S

    @property
    def lease_until(self) -> int:
        """When a claim of this invocation has certainly ended, in epoch milliseconds."""
        return int((self.deadline + LEASE_MARGIN_S) * 1000)


class Inbox:
    """Takes batches; made once for the life of a function instance."""

    def __init__(self, *, settings: Settings, clients: Clients, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clients = clients
        self._now = now
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="mail")
        self._reading = Reading(settings=settings, clients=clients)
        self._records = Records(
            client=clients.dynamodb, table=settings.received_table, record_days=settings.record_days, now=now
        )

    def take(self, records: Iterable[Mapping[str, Any]], *, invocation: Invocation) -> list[str]:
        """Work through the records of one event and return the ids of the messages that have to come back."""
        # By id: the same message may stand twice in one batch.
        messages = {record["messageId"]: record for record in records}
        ended = self._pool.map(partial(self._take_one, invocation=invocation), messages.values())
        return [id_ for id_, has_ended in zip(messages, ended, strict=True) if not has_ended]

    def _take_one(self, record: Mapping[str, Any], *, invocation: Invocation) -> bool:
        """Take one message to its end; returns whether it has one."""
        if self._now() > invocation.latest:
            return False
        try:
            return self._end(record, invocation=invocation)
        except Exception:
            logger.exception("broken off", extra={"event": "fault", "message_id": record["messageId"]})
            return False

    def _end(self, record: Mapping[str, Any], *, invocation: Invocation) -> bool:
        try:
            notification = read(record["body"], bucket=self._settings.inbox_bucket)
        except NotificationError as error:
            self._reject(record, error)
            return True
        if notification.is_setup:
            logger.info("SES has tried the rule", extra={"event": "setup"})
            return True
        claim = self._records.claim(
            notification.id, owner=invocation.owner, lease_until=invocation.lease_until, known=_known(notification)
        )
        match claim:
            case Busy():
                return False
            case Ended(status=status):
                logger.info("already ended", extra={"event": "duplicate", "mail": notification.id, "status": status})
                return True
            case Claimed(attempts=attempts):
                return self._end_claimed(notification, attempts=attempts, owner=invocation.owner)

    def _end_claimed(self, notification: Notification, *, attempts: int, owner: str) -> bool:
        try:
            values = self._reading.end_of(notification) if attempts <= MAX_ATTEMPTS else _never_ended(attempts - 1)
        except Exception as error:
            if not isinstance(error, ClientError | BotoCoreError):
                # A mistake of ours: counted, so that the mail gets a record in the end.
                raise
            self._records.give_back(notification.id, owner=owner, reason=code_of(error), detail=plain(str(error)))
            raise
        if self._records.end(notification.id, owner=owner, values=values):
            _log(notification, values)
        return True

    def _reject(self, record: Mapping[str, Any], error: NotificationError) -> None:
        letter = dead_letter_of(
            record, url=self._settings.dead_letter_url, reason=error.code, detail=plain(error.detail)
        )
        self._clients.sqs.send_message(**letter)
        extra = {"event": "rejected", "message_id": record["messageId"], "reason": error.code}
        logger.error("to the dead-letter queue", extra=extra)


def _known(notification: Notification) -> dict[str, Any]:
    """What the record holds before the mail is read."""
    return {
        "received_at": notification.received_at,
        "envelope": envelope(notification),
        "verdicts": notification.verdicts,
        "s3_key": notification.key,
    }


def _never_ended(attempts: int) -> dict[str, Any]:
    return unreadable("NoEnd", f"reading this mail has come to no end {attempts} times")


def _log(notification: Notification, values: Mapping[str, Any]) -> None:
    """One line a mail: never an address, a subject or a name that a stranger has chosen."""
    status = values["status"]
    extra = {"mail": notification.id, "size": values.get("size", 0), "reason": values.get("reason", "")}
    if status == STORED:
        logger.info("received", extra={"event": "received", **extra})
    else:
        logger.warning("received and kept back", extra={"event": status, **extra})
