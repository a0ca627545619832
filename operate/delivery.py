"""What has become of a mail request, read from its delivery record and from what holds it up."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mail_consumer.sending import ITEM_ID
from operate.command import clock
from operate.stage import Stage

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks at a record, growing from one to the other."""
QUIET_SECONDS = 2
"""What a request waits for is told when it has waited this long; most are sent before."""

Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class News:
    """What is known about a request: a word for it, the details, and the exit code of a command that ends with it."""

    word: str
    text: str
    exit_code: int
    ended: bool = True


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A request on its way."""

    stage: Stage
    message_id: str
    queue: str
    handed_out_at: float
    """When the queue's delay is over, in epoch seconds."""

    def news(self) -> News:
        """Look what has become of the request."""
        record = self.stage.item("DeliveriesTable", self.message_id)
        end = ENDS.get(record.get("status", ""))
        if end:
            return end(record)
        return News(
            word="waiting", text=self._obstacle() or _progress(record) or self._beginning(), exit_code=3, ended=False
        )

    def follow(self, *, wait: float, say: Callable[[str, str], None]) -> News:
        """Wait up to so many seconds for the end and tell on the way what the request waits for."""
        started, pause, told = time.monotonic(), FIRST_PAUSE, ""
        while not (news := self.news()).ended and (left := started + wait - time.monotonic()) > 0:
            if news.text != told and wait - left > QUIET_SECONDS:
                say(news.word, news.text)
                told = news.text
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)
        return news

    def _obstacle(self) -> str:
        """Say who has paused the consumer, if anybody has."""
        mapping = self.stage.mapping(self.queue)
        if self.stage.functions.get_event_source_mapping(UUID=mapping).get("State") not in {"Disabled", "Disabling"}:
            return ""
        sending = self.stage.item("SendingTable", ITEM_ID)
        if mapping not in sending.get("disabled", ()):
            return "the consumer was stopped by `make pause`; `make resume` lets it go on"
        paused = sending.get("paused", {})
        since = clock(float(paused.get("since", 0)) / 1000)
        return f"the consumer has paused itself since {since}: {paused.get('reason')}; it looks again by itself"

    def _beginning(self) -> str:
        if self.handed_out_at > time.time():
            return f"delayed, the queue hands it out at {clock(self.handed_out_at)}"
        return "on the queue, not taken by the consumer yet"


def _progress(record: Record) -> str:
    """Say where the consumer is with a request that it has taken; nothing if it has not."""
    if record.get("status") == "sending":
        return "the consumer is sending it"
    if record.get("status") == "waiting":
        return f"will be tried again, {_attempts(record)} so far: {_reason(record)}"
    return ""


def _attempts(record: Record) -> str:
    attempts = int(record.get("attempts", 0))
    return f"{attempts} attempt{'' if attempts == 1 else 's'}"


def _reason(record: Record) -> str:
    return ": ".join(str(record[name]) for name in ("reason", "detail") if record.get(name)) or "no reason recorded"


def _sent(record: Record) -> News:
    text = f"SES message id {record.get('ses_message_id')}, {_seconds(record)} after it was queued"
    return News(word="sent", text=text, exit_code=0)


def _seconds(record: Record) -> str:
    return f"{max(0.0, float(record.get('sent_at', 0) - record.get('queued_at', 0)) / 1000):.2f} s"


def _suppressed(record: Record) -> News:
    return News(word="suppressed", text=f"not sent, {_reason(record)}", exit_code=0)


def _duplicate(record: Record) -> News:
    return News(
        word="duplicate", text=f"not sent again, request {record.get('duplicate_of')} stands for it", exit_code=0
    )


def _rejected(record: Record) -> News:
    return News(word="rejected", text=f"moved to the dead-letter queue, {_reason(record)}", exit_code=1)


ENDS: Mapping[str, Callable[[Record], News]] = {
    "sent": _sent,
    "suppressed": _suppressed,
    "duplicate": _duplicate,
    "failed": _rejected,
}
"""How each status that nothing follows is told."""
