"""The mail requests of a soak: what is asked for, and what must come of each. The same seed plans the same."""

import json
import random
from collections import deque
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

DOMAIN = "edgepost.test"
SUPPRESSED = "never@example.com"
DUPLICATES, MALFORMED, SUPPRESSIONS = 0.10, 0.01, 0.01
KEYED = 0.5
"""The part of the others that have an idempotency key."""
QUEUES = {"Standard": 0.7, "Fifo": 0.2, "Delay": 0.1}
GROUPS = 50
RECENT = 300
"""Duplicates follow within so many requests, as those of a sender that tries again do."""

FAULTY: dict[str, dict[str, Any]] = {
    "MissingAttribute": {"Subject": None},
    "BadAddress": {"Destination": "nobody"},
    "ForeignSender": {"Sender": "info@elsewhere.example"},
    "LineBreak": {"Subject": "two\nlines"},
    "BadRequest": {},
}
"""The reason a malformed request must be given up for, and what is changed in its attributes; BadRequest has none."""


class Request(Struct, frozen=True, kw_only=True):
    """One message to be put on a queue."""

    number: int
    queue: str
    series: int = 0
    """The seed of its plan, so that two plans share neither keys nor deduplication ids."""
    group: str = ""
    key: str = ""
    """Its idempotency key; requests that share one are one mail."""
    repeats: int | None = None
    """The number of the request that this one is a second copy of."""
    suppressed: bool = False
    reason: str = ""
    """Why it must be given up; empty: it must not."""

    @property
    def mail(self) -> int:
        """The number by which its mail is known, the same for copies."""
        return self.number if self.repeats is None else self.repeats

    def message(self) -> dict[str, Any]:
        """What SendMessage gets."""
        if self.reason == "BadRequest":
            return {"MessageBody": "no request", **self._fifo()}
        if self.key:
            return {"MessageBody": json.dumps(self._body()), **self._fifo()}
        texts = {
            "Sender": f"info@{DOMAIN}",
            "Destination": SUPPRESSED if self.suppressed else "friend@example.com",
            "Subject": str(self.mail),
            "Body": f"本文 {self.mail}",
        } | FAULTY.get(self.reason, {})
        attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items() if text}
        return {"MessageBody": "20261124120000", "MessageAttributes": attributes, **self._fifo()}

    def _body(self) -> dict[str, Any]:
        return {
            "version": 1,
            "from": f"info@{DOMAIN}",
            "to": ["friend@example.com"],
            "subject": str(self.mail),
            "text": f"本文 {self.mail}",
            "idempotency_key": self.key,
        }

    def _fifo(self) -> dict[str, Any]:
        if self.queue == "Delay":
            return {"DelaySeconds": self.number % 5}
        return (
            {"MessageGroupId": self.group, "MessageDeduplicationId": f"{self.series}-{self.mail}"} if self.group else {}
        )


def plan(count: int, *, seed: int) -> Iterator[Request]:
    """Yield so many requests in the order in which they are queued."""
    rng = random.Random(seed)
    recent: deque[Request] = deque(maxlen=RECENT)
    for number in range(count):
        kind = rng.random()
        if kind < DUPLICATES and recent:
            first = rng.choice(recent)
            yield Request(
                series=seed, number=number, queue=first.queue, group=first.group, key=first.key, repeats=first.number
            )
            continue
        request = _first(number, kind - DUPLICATES, rng, seed=seed)
        # What SQS and the consumer can know for a copy: by a key, or by the deduplication id of FIFO.
        if (request.key or request.group) and not request.reason and not request.suppressed:
            recent.append(request)
        yield request


def _first(number: int, kind: float, rng: random.Random, *, seed: int) -> Request:
    queue = rng.choices([*QUEUES], [*QUEUES.values()])[0]
    group = f"g{rng.randrange(GROUPS)}" if queue == "Fifo" else ""
    if 0 <= kind < MALFORMED:
        return Request(series=seed, number=number, queue=queue, group=group, reason=rng.choice([*FAULTY]))
    if 0 <= kind - MALFORMED < SUPPRESSIONS:
        return Request(series=seed, number=number, queue=queue, group=group, suppressed=True)
    key = f"soak-{seed}-{number}" if rng.random() < KEYED else ""
    return Request(series=seed, number=number, queue=queue, group=group, key=key)
