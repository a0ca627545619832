"""Measure what comes in: events of mails that were sent, and received mails, small ones and one of 30 MB.

Against the tables, buckets and queues of the embedded cloud, which takes most of the time: compare within one run.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import uuid4

import msgspec

from local.cloud import Cloud
from tests.bench.__main__ import DATE, say
from tests.bench.measure import lean_cloud
from tests.inbox_world import InboxWorld
from tests.mail_events import bounce, delivery, mail, send
from tests.mail_feedback_world import FeedbackWorld, sqs_record
from tests.received_mails import ROUTE, file, multipart, settings

BATCHES = 25
EVENTS, MAILS = 10, 5
"""In a batch, as the stacks have them."""
MB = 1_000_000
LARGE = 30 * MB

Records = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a function did with its batches."""

    per_second: float
    peak_mb: float


def main() -> None:
    """Measure everything and print it as it comes."""
    say(f"\nwhat comes in, {DATE}, {os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}")
    say(f"\n{'':<44}{'a second':>10}{'peak MB':>10}")
    with lean_cloud() as cloud:
        for name, event in {"sent and delivered": delivered, "sent and bounced": bounced}.items():
            _row(f"events, {EVENTS} a batch, {name}", feedback(cloud, event))
        small, large = (inbox(cloud, size=size, batches=batches) for size, batches in ((2_000, BATCHES), (LARGE, 1)))
        _row(f"mails of 2 kB, {MAILS} a batch, sent on", small)
        _row(f"a mail of {LARGE // MB} MB with a file, sent on", large)
        times = (large.peak_mb - small.peak_mb) * MB / LARGE
        say(f"  {'memory for it beyond small ones':<42}{times:>20.1f} times its size")


def delivered(about: dict[str, Any]) -> Records:
    """The two events of a mail that arrives."""
    return [send(about), delivery(about)]


def bounced(about: dict[str, Any]) -> Records:
    """The two events of a mail that does not."""
    return [send(about), bounce(about, feedback_id=uuid4().hex)]


def feedback(cloud: Cloud, events: Callable[[dict[str, Any]], Records]) -> Work:
    """Let the feedback function work on events of mails to recipients of their own."""
    world = FeedbackWorld(cloud)
    variables = {
        "DELIVERIES_TABLE": world.deliveries,
        "SUPPRESSIONS_TABLE": world.suppressed,
        "DEAD_LETTER_URL": world.dead_letter_url,
        "RECORD_DAYS": "30",
        "TRANSIENT_BOUNCES": "3",
        "TRANSIENT_DAYS": "7",
    }
    batches: list[Records] = []
    for _ in range(BATCHES + 1):
        requests = [uuid4().hex for _ in range(EVENTS // 2)]
        for request in requests:
            world.sent(request)
        abouts = [mail(to=[f"{request}@example.com"], request_id=request) for request in requests]
        batches.append([sqs_record(event) for about in abouts for event in events(about)])
    return _work(cloud, "mail_feedback.handler", batches, variables)


def inbox(cloud: Cloud, *, size: int, batches: int) -> Work:
    """Let the inbox function read mails of a size in bytes and send each on."""
    world = InboxWorld(cloud)
    names = {
        "received_table": world.name,
        "inbox_bucket": world.name,
        "attachments_bucket": world.attachments,
        "mail_queue_url": world.mail_queue,
        "dead_letter_url": world.dead_letter_url,
        "routes": (ROUTE,),
        "max_forward_bytes": 2 * LARGE,
    }
    values: dict[str, Any] = msgspec.to_builtins(settings(**names))
    variables = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in values.items()
    }
    raw = letter(size)
    each = MAILS if size < MB else 1
    # The first batch is a small one, whatever the size.
    first = [world.receive(letter(2_000))]
    timed = [[world.receive(raw) for _ in range(each)] for _ in range(batches)]
    return _work(cloud, "mail_inbox.handler", [first, *timed], variables)


def letter(size: int) -> bytes:
    """A mail of about so many bytes, nearly all of them a file in base64."""
    return multipart(
        ({"Content-Type": "text/plain"}, b"Hello"), file(bytes(range(256)) * (size * 74 // 100 // 256), name="a.bin")
    )


def _work(cloud: Cloud, module: str, batches: Sequence[Records], variables: Mapping[str, str]) -> Work:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.incoming_child", module],
        input="\n".join(map(json.dumps, batches)),
        env={**cloud.environment(), **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured = json.loads(done.stdout)
    return Work(per_second=len(batches[-1]) / median(measured["seconds"]), peak_mb=measured["peak_mb"])


def _row(name: str, figures: Work) -> None:
    say(f"  {name:<42}{figures.per_second:>10.1f}{figures.peak_mb:>10.1f}")


if __name__ == "__main__":
    main()
