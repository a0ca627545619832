"""Works a batch of events into the delivery records and the suppressed addresses.

An event that is worked twice changes nothing the second time, so whatever fails comes back as a whole.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from mail_common.clients import Clients
from mail_common.dead_letters import dead_letter_of
from mail_common.errors import code_of
from mail_common.suppressions import DAY_S, Suppressions
from mail_feedback.events import Event, Send, UnreadableError, read
from mail_feedback.outcomes import TRANSIENT, Outcome, Suppression, highest, outcomes, suppressions
from mail_feedback.records import Records
from mail_feedback.settings import Settings

logger = logging.getLogger(__name__)

SIDE_BY_SIDE = 10


class Report(Struct, frozen=True, kw_only=True, eq=False):
    """One event in hand, and what it says."""

    message_id: str
    event: Event
    outcomes: dict[str, Outcome]
    suppressions: list[Suppression]

    @property
    def request_id(self) -> str:
        """The mail request that the event is about; empty for mails of others."""
        return self.event.mail.request_id


class Feedback:
    """Works batches; made once for the life of a function instance."""

    def __init__(self, *, settings: Settings, clients: Clients, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clients = clients
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="suppress")
        self._suppressions = Suppressions(client=clients.dynamodb, table=settings.suppressions_table, now=now)
        self._records = Records(
            client=clients.dynamodb, table=settings.deliveries_table, record_days=settings.record_days, now=now
        )

    def work(self, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Work the records of one SQS event and return the ids of the messages that have to come back."""
        back: dict[str, str] = {}
        reports: list[Report] = []
        # By id: the same message may stand twice in one batch.
        for message_id, record in {record["messageId"]: record for record in records}.items():
            try:
                reports += self._read(message_id, record["body"])
            except UnreadableError as error:
                back |= self._put_aside(record, error)
        running = [(report, self._pool.submit(self._suppress, report)) for report in reports if report.suppressions]
        back |= self._follow([report for report in reports if report.request_id])
        back |= {report.message_id: failure for report, future in running if (failure := _failure(future))}
        ids = {report.message_id: report.event.mail.ids for report in reports}
        for message_id, reason in back.items():
            about = {"event": "fault", "message_id": message_id, "reason": reason, **ids.get(message_id, {})}
            logger.error("comes back", extra=about)
        for report in reports:
            if report.message_id not in back:
                _log(report)
        return list(back)

    def _read(self, message_id: str, body: str) -> list[Report]:
        event = read(body)
        if event is None:
            return []
        report = Report(
            message_id=message_id, event=event, outcomes=outcomes(event), suppressions=list(suppressions(event))
        )
        return [report]

    def _put_aside(self, record: Mapping[str, Any], error: UnreadableError) -> dict[str, str]:
        """To the dead-letter queue, since no try can help; returns the message if it cannot be put there now."""
        letter = dead_letter_of(record, url=self._settings.dead_letter_url, reason=error.code, detail=error.detail)
        try:
            self._clients.sqs.send_message(**letter)
        except (ClientError, BotoCoreError) as failure:
            return {record["messageId"]: code_of(failure)}
        about = {"event": "unreadable", "message_id": record["messageId"], "reason": error.code}
        logger.error("to the dead-letter queue", extra=about)
        return {}

    def _follow(self, reports: list[Report]) -> dict[str, str]:
        """Write the outcomes into the records, those of one request together; returns the messages that come back."""
        changes: dict[str, dict[str, Outcome]] = {}
        for report in reports:
            changes[report.request_id] = highest(changes.get(report.request_id, {}), report.outcomes)
        try:
            failed = self._records.follow(changes)
        except (ClientError, BotoCoreError) as error:
            failed = dict.fromkeys(changes, code_of(error))
        return {report.message_id: failed[report.request_id] for report in reports if report.request_id in failed}

    def _suppress(self, report: Report) -> None:
        for suppression in report.suppressions:
            if self._add(suppression):
                about = {"event": "suppressed", "reason": suppression.reason, **report.event.mail.ids}
                logger.warning("gets no more mails", extra=about)

    def _add(self, found: Suppression) -> bool:
        ids = {"request_id": found.mail.request_id, "ses_message_id": found.mail.message_id}
        if found.reason == TRANSIENT:
            return self._suppressions.add_transient(
                found.address,
                at=found.at,
                feedback_id=found.feedback_id,
                window_s=self._settings.transient_days * DAY_S,
                most=self._settings.transient_bounces,
                **ids,
            )
        return self._suppressions.add(found.address, reason=found.reason, at=found.at, detail=found.detail, **ids)


def _failure(future: Future[None]) -> str:
    """The code of what went wrong; empty if nothing did."""
    try:
        future.result()
    except (ClientError, BotoCoreError) as error:
        return code_of(error)
    return ""


def _log(report: Report) -> None:
    """One line an event, but for the sends, which the consumer has logged: never an address, never what was said."""
    if isinstance(report.event, Send) or not report.outcomes:
        return
    word = next(iter(report.outcomes.values())).word
    # `suppressed` counts the entries that are made here.
    event = "on_account_list" if word == "suppressed" else word
    logger.info(word, extra={"event": event, **report.event.mail.ids, "recipients": len(report.outcomes)})
