"""Turns a batch of queue messages into mails: paced, claimed, sent side by side, and what cannot end now comes back.

Every message ends sent, suppressed, as a duplicate, or in its dead-letter queue with a reason; until then it waits on
its queue, hidden for a while. A FIFO group keeps its order: it stops at the first message that cannot end now.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from mail_common.clients import Clients
from mail_common.suppressions import Suppressions
from mail_consumer.deliveries import HIDE_AFTER_FAULT_S, Deliveries
from mail_consumer.delivery import Delivery, ObstacleError
from mail_consumer.mappings import Mappings
from mail_consumer.message import Message, read
from mail_consumer.outcomes import Outcome, Sent
from mail_consumer.recipients import leave_out
from mail_consumer.sending import WARM_UP, PausedError, Sending
from mail_consumer.settings import Settings

logger = logging.getLogger(__name__)

SIDE_BY_SIDE = 10
# A send that starts must also end: its read timeout, and time to record or reject.
LAST_START_BEFORE_DEADLINE_S = 15
# Clocks of two invocations differ.
LEASE_MARGIN_S = 5
# Longer than disabling a mapping takes, so that nothing in hand is delivered twice in one pause.
HIDE_WHILE_PAUSED_S = 120
# What the rate has no room for; the spread keeps batches from returning together.
HIDE_WHEN_FULL_S = (1.0, 10.0)

Line = deque[Message]


class Invocation(Struct, frozen=True, kw_only=True):
    """Who works on a batch, and until when."""

    owner: str
    function: str
    deadline: float
    """Epoch seconds at which Lambda ends the invocation."""

    @property
    def latest(self) -> float:
        """The last moment at which a send may start, in epoch seconds."""
        return self.deadline - LAST_START_BEFORE_DEADLINE_S

    @property
    def lease_until(self) -> int:
        """When a claim of this invocation has certainly ended, in epoch milliseconds."""
        return int((self.deadline + LEASE_MARGIN_S) * 1000)


class Consumer:
    """Consumes batches; made once for the life of a function instance."""

    def __init__(self, *, settings: Settings, clients: Clients, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clients = clients
        self._now = now
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="send")
        self._deliveries = Deliveries(
            client=clients.dynamodb,
            table=settings.deliveries_table,
            record_days=settings.record_days,
            resend_undecided=settings.on_undecided == "resend",
            now=now,
        )
        self._sending = Sending(
            client=clients.dynamodb,
            table=settings.sending_table,
            recipients_per_second=settings.send_rate,
            warm_up=settings.warm_up,
            now=now,
        )
        self._suppressions = Suppressions(client=clients.dynamodb, table=settings.suppressions_table, now=now)
        self._delivery = Delivery(settings=settings, clients=clients, deliveries=self._deliveries, now=now)

    def consume(self, records: Iterable[Mapping[str, Any]], *, invocation: Invocation) -> list[str]:
        """Work through the records of one event and return the ids of the messages that have to come back."""
        # By id: the same message may stand twice in one batch.
        messages = {record["messageId"]: read(record, settings=self._settings) for record in records}
        batch = Batch(pool=self._pool, deliver=self._delivery.deliver, deliveries=self._deliveries, now=self._now)
        rest = random.uniform(*HIDE_WHEN_FULL_S)  # noqa: S311 - no secret
        try:
            messages = leave_out(messages, suppressions=self._suppressions)
            starts = self._starts(list(messages.values()), invocation=invocation)
            batch.run(_lines(messages.values(), starts), starts=starts, invocation=invocation)
        except (PausedError, ObstacleError) as error:
            self._pause(reason=str(error), function=invocation.function)
            rest = HIDE_WHILE_PAUSED_S
        except Exception:
            logger.exception("batch broken off", extra={"event": "fault"})
            rest = HIDE_AFTER_FAULT_S
        left = {id_: batch.delays.get(id_, rest) for id_ in messages if id_ not in batch.ended}
        self._hide([(messages[id_], delay) for id_, delay in left.items()])
        return list(left)

    def _starts(self, messages: Sequence[Message], *, invocation: Invocation) -> dict[str, float]:
        """When each message may be sent; one that the rate has no room for in this invocation is not in it."""
        mails = [message for message in messages if message.recipients]
        leased = self._sending.lease([message.recipients for message in mails], latest=invocation.latest)
        if mails and not leased:
            # An invocation that returned at once would be given the next batch at once, and burn its receives.
            time.sleep(max(0.0, invocation.latest - self._now()))
        free = {message.id: 0.0 for message in messages if not message.recipients}
        return free | {message.id: start for message, start in zip(mails, leased, strict=False)}

    def _pause(self, *, reason: str, function: str) -> None:
        try:
            if self._sending.pause(reason):
                event = "warm_up_full" if reason == WARM_UP else "paused"
                logger.error("nothing can be sent, mappings are disabled", extra={"event": event, "reason": reason})
            Mappings(client=self._clients.lambda_, sending=self._sending).disable(function=function)
        except Exception:
            logger.exception("the next batch will disable the mappings", extra={"event": "fault"})

    def _hide(self, messages: Sequence[tuple[Message, float]]) -> None:
        """Say when the messages come back; without it they would stay hidden for the queue's whole timeout."""
        by_queue: dict[str, list[Any]] = {}
        for message, delay in messages:
            entries = by_queue.setdefault(message.queue.url, [])
            entry = {"Id": str(len(entries)), "ReceiptHandle": message.receipt_handle, "VisibilityTimeout": int(delay)}
            entries.append(entry)
        for url, entries in by_queue.items():
            try:
                self._clients.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
            except Exception:
                logger.exception("messages come back at the queue's timeout", extra={"event": "fault"})
        if messages:
            logger.info("handed back", extra={"event": "handed_back", "messages": len(messages)})


class Batch:
    """The messages of one invocation on their way; afterwards `ended` and `delays` tell what became of them."""

    def __init__(
        self,
        *,
        pool: ThreadPoolExecutor,
        deliver: Callable[..., Outcome],
        deliveries: Deliveries,
        now: Callable[[], float],
    ) -> None:
        self._pool = pool
        self._deliver = deliver
        self._deliveries = deliveries
        self._now = now
        self._running: dict[Future[Outcome], Line] = {}
        self._obstacle: ObstacleError | None = None
        self.ended: set[str] = set()
        self.delays: dict[str, float] = {}
        """Seconds for which a message that comes back stays hidden, by message id."""

    def run(self, lines: Sequence[Line], *, starts: Mapping[str, float], invocation: Invocation) -> None:
        """Send the heads of all lines side by side, each at its time; a line goes on when its head has ended.

        Raises ObstacleError, after the running sends have ended, if one of them met an obstacle.
        """
        idle = list(lines)
        try:
            while (idle and not self._obstacle) or self._running:
                now = self._now()
                due = [line for line in idle if starts[line[0].id] <= now and not self._obstacle]
                idle = [line for line in idle if starts[line[0].id] > now]
                self._start(due, invocation=invocation)
                idle += self._await(until=min((starts[line[0].id] for line in idle), default=None))
        finally:
            while self._running:
                self._await(until=None)
        if self._obstacle:
            raise self._obstacle

    def _start(self, lines: Sequence[Line], *, invocation: Invocation) -> None:
        """Claim what is due in one call, as late as can be, so that a crash leaves little undecided."""
        if not lines:
            return
        claims = self._deliveries.claim(
            [line[0] for line in lines], owner=invocation.owner, lease_until=invocation.lease_until
        )
        for line in lines:
            future = self._pool.submit(self._deliver, line[0], claims[line[0].id], latest=invocation.latest)
            self._running[future] = line

    def _await(self, *, until: float | None) -> list[Line]:
        """Wait for the first send to end, at most until the next one is due, and return the lines that can go on."""
        patience = None if until is None else max(0.0, until - self._now())
        if not self._running:
            time.sleep(patience or 0.0)
            return []
        ended, _ = wait(self._running, timeout=patience, return_when=FIRST_COMPLETED)
        lines = [self._running.pop(future) for future in ended]
        outcomes = [self._outcome(future, line[0]) for future, line in zip(ended, lines, strict=True)]
        self._record({line[0]: sent for line, sent in zip(lines, outcomes, strict=True) if isinstance(sent, Sent)})
        return [line for line, outcome in zip(lines, outcomes, strict=True) if self._goes_on(line, outcome)]

    def _outcome(self, future: Future[Outcome], message: Message) -> Outcome | ObstacleError:
        try:
            return future.result()
        except ObstacleError as error:
            self._obstacle = error
            return error
        except Exception:
            logger.exception("delivery broken off", extra={"event": "fault", **message.ids})
            return HIDE_AFTER_FAULT_S

    def _record(self, mails: dict[Message, Sent]) -> None:
        """Record what has been sent, in one call; a mail that cannot be recorded ends all the same."""
        if not mails:
            return
        try:
            self._deliveries.sent(mails)
        except (ClientError, BotoCoreError):
            for message in mails:
                logger.exception("sent but not recorded", extra={"event": "fault", **message.ids})

    def _goes_on(self, line: Line, outcome: Outcome | ObstacleError) -> bool:
        """Take the head of a line off; tell whether the line has a message that may be sent next."""
        message = line.popleft()
        if isinstance(outcome, Sent | None):
            self.ended.add(message.id)
            return bool(line)
        if not isinstance(outcome, ObstacleError):
            self.delays[message.id] = outcome
            # Behind a FIFO head that is hidden nothing is delivered, so its followers need not be.
            self.delays.update({follower.id: 0.0 for follower in line})
        return False


def _lines(messages: Iterable[Message], starts: Mapping[str, float]) -> list[Line]:
    """One line a FIFO group, in order; a message of a standard queue is a line of its own."""
    lines: dict[str, Line] = {}
    for message in messages:
        if message.id in starts:
            lines.setdefault(message.group or message.id, deque()).append(message)
    return list(lines.values())
