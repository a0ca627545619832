"""`make receive`: send a mail in to the local SES, as its sender's mail server would, and tell what becomes of it.

Exit codes: 0 stored, 1 refused or ended otherwise, 2 wrong input or unusable stage, 3 still waiting.
"""

import email
import os
import time
from collections.abc import Mapping
from email.message import Message
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.cloud import Cloud
from local.smtp import RefusedError, send
from mail_inbox.records import READING, STORED
from operate import stage
from operate.command import InputError, StageError, run, say

SECONDS = 60
"""How long the record of the mail is waited for; a second is usual."""
PAUSE = 0.1

Record = Mapping[str, Any]


def main() -> int:
    """Send FILE in, FROM and TO whom its header says unless they are named."""
    if stage.chosen() != "local":
        raise StageError("only the local SES takes mail from a file; leave STAGE out")
    cloud = stage.running_cloud()
    table = stage.outputs("local", "mail", stage.connect("local")).get("ReceivedTable")
    if table is None:
        raise StageError('stage local receives no mail; set inbox in STAGES["local"]')
    raw = _read(os.environ.get("FILE", ""))
    header = email.message_from_bytes(raw)
    recipients = _named("TO") or _addresses(header, "To", "Cc")
    senders = _named("FROM") or _addresses(header, "From")
    if not recipients:
        raise InputError("the mail names no recipient; name one: TO=hello@in.edgepost.test")
    return receive(cloud, raw, sender=next(iter(senders), ""), recipients=recipients, table=table)


def receive(cloud: Cloud, raw: bytes, *, sender: str, recipients: list[str], table: str) -> int:
    """Send a mail in, tell what becomes of it, and return the exit code."""
    try:
        accepted = send(cloud, raw, sender=sender, recipients=recipients)
    except RefusedError as answer:
        say("refused", str(answer))
        return 1
    for recipient, answer in accepted.refused.items():
        say("refused", f"for {recipient}: {answer}")
    say("accepted", f"by SES as {accepted.message_id}")
    record = _follow(cloud, table, accepted.message_id)
    status = record.get("status", READING)
    if status == READING:
        say("waiting", f"no end after {SECONDS} s; `make inbox ID={accepted.message_id}` shows it later")
        return 3
    say(status, _told(record))
    for route, outcome in sorted(record.get("routes", {}).items()):
        say("route", f"{route}: {outcome}")
    return 0 if status == STORED else 1


def _read(name: str) -> bytes:
    if not name:
        raise InputError("no mail to send in; name its file: FILE=mail.eml")
    try:
        return Path(name).read_bytes()
    except OSError as reason:
        raise InputError(f"FILE '{name}' cannot be read: {reason.strerror}") from reason


def _named(variable: str) -> list[str]:
    return [address for _, address in getaddresses([os.environ.get(variable, "")]) if address]


def _addresses(header: Message, *names: str) -> list[str]:
    values = [str(value) for name in names for value in header.get_all(name, [])]
    return [address for _, address in getaddresses(values) if address]


def _follow(cloud: Cloud, table: str, message_id: str) -> Record:
    """Wait for the end of a mail and return its record, or what there is of it when time is over."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": message_id}}, ConsistentRead=True)
        record = {name: TypeDeserializer().deserialize(value) for name, value in answer.get("Item", {}).items()}
        if record.get("status", READING) != READING or time.monotonic() > deadline:
            return record
        time.sleep(PAUSE)


def _told(record: Record) -> str:
    verdicts = ", ".join(f"{name} {status}" for name, status in sorted(record.get("verdicts", {}).items()))
    reason = ": ".join(str(record[name]) for name in ("reason", "detail") if record.get(name))
    return "; ".join(part for part in (reason, verdicts) if part)


if __name__ == "__main__":
    run("receive", main)
