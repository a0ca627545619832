"""`make redrive`: send the dead letters of a stage in again, all or those of one reason; DRY=yes only shows them.

Of each, in this order: sent to its queue, noted in its delivery record, deleted. Wherever that breaks off, the next run
ends it, and one mail goes out: the record names the only message that may be sent for the request.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from mail_common.dead_letters import own_attributes, with_text
from mail_consumer.deliveries import DUPLICATE, SENDING, SENT, SUPPRESSED, WAITING
from mail_consumer.redrives import Redrives
from operate import stage
from operate.command import InputError, StageError, clock, run, say
from operate.dead_letters import NO_REASON, DeadLetters, Letter
from stacks.config import STAGES

EVENT_QUEUES = {"feedback": "Feedback", "inbox": "Inbox"}
"""Queues of what SES tells: their functions may be told twice, and keep no delivery record of it."""
QUEUES = {**stage.QUEUES, **EVENT_QUEUES}
UNDECIDED = "undecided"
SES_TELLS_WITHIN_S = 15 * 60
"""For so long SES may still tell of a mail that nobody knows of whether it was sent; a few seconds are usual."""

Record = Mapping[str, Any]
NO_RECORD: Record = {}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was typed."""

    queue: str
    """Empty: all."""
    reason: str
    """Empty: all."""
    dry: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Asked":
        """Read QUEUE, REASON and DRY."""
        queue, reason, dry = (environment.get(name, "") for name in ("QUEUE", "REASON", "DRY"))
        if queue and queue not in QUEUES:
            raise InputError(f"QUEUE '{queue}' is not one of {', '.join(QUEUES)}; leave it out for all")
        if dry not in {"", "yes"}:
            raise InputError(f"DRY '{dry}' is not yes; leave it out to send")
        return cls(queue=queue, reason=reason, dry=dry == "yes")


class Redrive:
    """One run of the command: no letter is sent in twice by it, though it may come back at once."""

    def __init__(self, *, target: stage.Stage, asked: Asked, now: Callable[[], float] = time.time) -> None:
        self._target = target
        self._asked = asked
        self._now = now
        self._redrives = Redrives(
            client=target.dynamodb,
            table=target.outputs["DeliveriesTable"],
            record_days=STAGES[target.name].consumer.record_days,
            now=now,
        )
        self._new: set[str] = set()
        self.told = Counter[str]()
        self.others = Counter[str]()
        """How many letters have another reason than the one asked for, by reason."""

    def work(self, queue: str) -> None:
        """Send the dead letters of one queue in again."""
        name = QUEUES[queue]
        with DeadLetters(client=self._target.sqs, url=self._target.outputs[f"{name}DeadLetterQueueUrl"]) as letters:
            say(queue, f"about {letters.about} dead letters")
            for letter in letters:
                if self._asked.reason in {"", letter.reason}:
                    self._end(letter, letters, queue=queue)
                else:
                    self.others[letter.reason] += 1

    def _end(self, letter: Letter, letters: DeadLetters, *, queue: str) -> None:
        request, record = (letter.failed_id, NO_RECORD) if queue in EVENT_QUEUES else self._request(letter)
        if before := record.get("redriven_to"):
            if not self._asked.dry:
                letters.delete(letter)
            self._say("finished", f"{request} was sent in before, as {before}; its dead letter is not needed")
        elif why := self._obstacle(letter, request, record):
            self._say("left", f"{request} {letter.reason}: {why}")
        elif (attributes := _attributes(letter, request, record, queue=queue)) is None:
            self._say("left", f"{request} {letter.reason}: no room for an attribute more; send it anew by hand")
        elif self._asked.dry:
            self._say("would", f"send {request} in again; {letter.reason}: {letter.detail}")
        else:
            self._send(letter, letters, request=request, attributes=attributes, queue=queue)

    def _send(
        self, letter: Letter, letters: DeadLetters, *, request: str, attributes: dict[str, Any], queue: str
    ) -> None:
        new = self._target.sqs.send_message(
            QueueUrl=self._target.outputs[f"{QUEUES[queue]}QueueUrl"],
            MessageBody=letter.message["Body"],
            MessageAttributes=attributes,
            **_group(letter, queue=queue),
        )["MessageId"]
        self._new.add(new)
        other = None if queue in EVENT_QUEUES else self._redrives.take(request, message_id=new)
        if other == request:
            self._say(
                "left", f"{request} {letter.reason}: its mail was sent meanwhile; {new} ends as a duplicate of it"
            )
            return
        letters.delete(letter)
        self._say("redriven", f"{request} as {other or new}; {letter.reason}")

    def _request(self, letter: Letter) -> tuple[str, Record]:
        """The request that a letter is about, with its delivery record."""
        for request in (letter.id, letter.failed_id):
            if record := self._target.item("DeliveriesTable", request):
                return request, record
        return letter.failed_id, NO_RECORD

    def _obstacle(self, letter: Letter, request: str, record: Record) -> str:
        """Say why a letter is not sent in again; nothing if it is."""
        if {letter.id, letter.failed_id} & self._new:
            return f"has failed again; {letter.detail}"
        status = SENT if "outcomes" in record else record.get("status")
        if status in {SENT, SUPPRESSED, DUPLICATE}:
            return f"its request has ended as {status}"
        # A request that SQS has moved here is no longer on its queue.
        if status in {SENDING, WAITING} and letter.id != request and letter.reason != NO_REASON:
            return "its request is on the queue yet"
        if status == SENDING or letter.reason == UNDECIDED:
            return self._undecided(record)
        return ""

    def _undecided(self, record: Record) -> str:
        """Say what stands against sending in again what may have been sent: SES may tell yet, or nothing can tell."""
        if "updated_at" not in record:
            return "no record tells whether it was sent"
        told_by = int(record["updated_at"]) / 1000 + SES_TELLS_WITHIN_S
        until = max(told_by, int(record.get("lease_until", 0)) / 1000)
        return f"SES may tell until {clock(until)} whether it was sent" if until > self._now() else ""

    def _say(self, word: str, text: str) -> None:
        self.told[word] += 1
        say(word, text)


def main() -> int:
    """Send in again what QUEUE and REASON select, or with DRY=yes show it."""
    asked = Asked.from_environment(os.environ)
    target = stage.find(stage.chosen())
    work = Redrive(target=target, asked=asked)
    for queue in _queues(target, asked.queue):
        work.work(queue)
    print(", ".join(f"{count} {word}" for word, count in work.told.items()) or "nothing to do")
    if work.others:
        print(f"not {asked.reason}: " + ", ".join(f"{count} {reason}" for reason, count in work.others.most_common()))
    return 0


def _queues(target: stage.Stage, queue: str) -> list[str]:
    there = [name for name, output in QUEUES.items() if f"{output}DeadLetterQueueUrl" in target.outputs]
    if queue and queue not in there:
        raise StageError(f'stage {target.name} has no queue {queue}; set inbox in STAGES["{target.name}"]')
    return [queue] if queue else there


def _attributes(letter: Letter, request: str, record: Record, *, queue: str) -> dict[str, Any] | None:
    """What goes in again with a letter; None if there is no room for the name of the request that failed."""
    own = own_attributes(letter.message)
    if queue in EVENT_QUEUES:
        return own
    named = with_text(letter.message, own, RedrivenFrom=request)
    if named is None or "CorrelationId" in named:
        return named
    # So that its way can be followed from its beginning.
    return with_text(letter.message, named, CorrelationId=record.get("correlation_id") or request) or named


def _group(letter: Letter, *, queue: str) -> dict[str, Any]:
    """The group that a letter has; on FIFO with a new deduplication id, since its former one may be remembered."""
    group = {"MessageGroupId": letter.group} if letter.group else {}
    return {**group, "MessageDeduplicationId": str(uuid4())} if queue == "fifo" else group


if __name__ == "__main__":
    run("redrive", main)
