"""The handler as Lambda calls it, in a process that knows its environment alone; what large mails cost it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.inbox_world import InboxWorld
from tests.received_mails import RECEIVING, ROUTE, file, multipart

ROOT = Path(__file__).resolve().parents[3]
MEBIBYTE = 1_048_576

# Two batches, and what the second took of memory beyond what was in use before.
PROGRAM = """
import json, sys, tracemalloc
from mail_inbox import handler

class Context:
    aws_request_id = "request-1"
    get_remaining_time_in_millis = staticmethod(lambda: 60_000)

small, large = json.load(sys.stdin)
handler.handle({"Records": small}, Context())
tracemalloc.start()
answer = handler.handle({"Records": large}, Context())
print(json.dumps([answer, tracemalloc.get_traced_memory()[1]]))
"""


def run(world: InboxWorld, small: list[dict[str, Any]], large: list[dict[str, Any]]) -> Any:
    """Take two batches in a new process, and return the answer to the second and how much memory it took."""
    environment = world.cloud.environment() | {
        "PYTHONPATH": str(ROOT / "lambda"),
        "RECEIVED_TABLE": world.name,
        "INBOX_BUCKET": world.name,
        "ATTACHMENTS_BUCKET": world.attachments,
        "MAIL_QUEUE_URL": world.mail_queue,
        "DEAD_LETTER_URL": world.dead_letter_url,
        "MAIL_DOMAIN": "mail.test",
        "RECEIVING_DOMAINS": json.dumps([RECEIVING]),
        "ROUTES": json.dumps([{"name": "support", "recipients": ROUTE.recipients, "forward_to": ["a@example.com"]}]),
        "VERDICTS": json.dumps(dict.fromkeys(("spam", "virus", "spf", "dkim", "dmarc"), "accept")),
        "RECORD_DAYS": "30",
        "MAX_FORWARD_BYTES": "40000000",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([small, large]),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_only_what_has_not_ended_comes_back(world: InboxWorld) -> None:
    message, foreign, busy = world.receive(), world.message(bucket="other"), world.receive()
    world.dynamodb.put_item(
        TableName=world.name,
        Item={
            "id": {"S": json.loads(busy["body"])["mail"]["messageId"]},
            "status": {"S": "reading"},
            "owner": {"S": "another"},
            "lease_until": {"N": str(int((world.now() + 600) * 1000))},
        },
    )
    answer, _ = run(world, [], [message, foreign, busy])
    assert answer == {"batchItemFailures": [{"itemIdentifier": busy["messageId"]}]}
    assert world.record(message)["status"] == "stored"
    assert len(world.dead_letters()) == 1


@pytest.mark.parametrize("mails", [1, 3])
def test_mails_of_30_mb_are_sent_on_one_after_the_other_in_less_than_three_times_the_size_of_one(
    world: InboxWorld, mails: int
) -> None:
    raw = multipart(file(b"x" * (30 * MEBIBYTE * 3 // 4), name="film.mp4"))
    large = [world.receive(raw) for _ in range(mails)]
    answer, memory = run(world, [world.receive()], large)
    assert answer == {"batchItemFailures": []}
    assert [world.record(message)["routes"]["support"][:6] for message in large] == ["queued"] * mails
    assert memory < 3 * len(raw)
