"""A mail that has come, as SES writes it to a bucket and tells of it: pure shapes.

Pages of the Amazon SES Developer Guide: "Contents of notifications for Amazon SES email receiving" and "Examples of
notifications for Amazon SES email receiving"; the order and form of the headers are those of mails that SES has stored.
"""

import base64
import email
import re
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, formataddr, getaddresses
from typing import Any

Json = dict[str, Any]
HEADER_LIMIT = 10 * 1024
"""Bytes of headers that a notification holds: headersTruncated."""

FOLD = re.compile(r"\r?\n[ \t]+")
WORDS = {"PASS": "pass", "FAIL": "fail", "GRAY": "none", "PROCESSING_FAILED": "temperror"}
LISTS = {"to": "To", "cc": "Cc", "bcc": "Bcc", "from": "From", "replyTo": "Reply-To"}
TEXTS = {
    "messageId": "Message-ID",
    "date": "Date",
    "sender": "Sender",
    "returnPath": "Return-Path",
    "subject": "Subject",
}
"""The fields of commonHeaders and the headers that they have the values of."""


def _new_message_id() -> str:
    """Return an id as SES gives it to mail that it receives."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(40))


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A mail and its envelope; the sender of a bounce is empty."""

    sender: str
    recipients: list[str]
    source: bytes
    region: str
    client: str
    """The address it came from."""
    helo: str
    """How that calls itself."""
    message_id: str = field(default_factory=_new_message_id)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def stored(mail: Arrived, verdicts: Json, added: list[tuple[str, str]]) -> bytes:
    """Return the mail as a rule's actions get it: under the headers of SES and those that the rule has added."""
    received = (
        f"from {mail.helo} ({mail.helo} [{mail.client}])\r\n"
        f" by inbound-smtp.{mail.region}.amazonaws.com with SMTP id {mail.message_id}\r\n"
        f" for {mail.recipients[0]};\r\n {format_datetime(mail.at)} (UTC)"
    )
    scanned = [(f"X-SES-{name.title()}-Verdict", verdicts[name]) for name in ("spam", "virus")]
    receipt = base64.b64encode(mail.message_id.encode()).decode()
    headers = [
        ("Return-Path", f"<{mail.sender}>"),
        ("Received", received),
        *scanned,
        *_authentication(mail, verdicts),
        ("X-SES-RECEIPT", receipt),
        *added,
    ]
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode(errors="replace") + mail.source


def notification(mail: Arrived, verdicts: Json, *, text: bytes, action: Json, recipients: list[str]) -> Json:
    """Return what is published about an action of a rule that these recipients have matched."""
    head, truncated = _head(text)
    parsed = email.message_from_bytes(head)
    headers = [{"name": name, "value": _unfolded(value)} for name, value in parsed.raw_items()]
    policy = {"dmarcPolicy": verdicts["dmarc_policy"]} if verdicts["dmarc"] == "FAIL" else {}
    now = datetime.now(UTC)
    receipt = {
        "timestamp": _timestamp(now),
        "processingTimeMillis": int((now - mail.at).total_seconds() * 1000),
        "recipients": recipients,
        **{f"{name}Verdict": {"status": verdicts[name]} for name in ("spam", "virus", "spf", "dkim", "dmarc")},
        **policy,
        "action": action,
    }
    about = {
        "timestamp": _timestamp(mail.at),
        "source": mail.sender,
        "messageId": mail.message_id,
        "destination": _addresses(headers, "To") + _addresses(headers, "Cc"),
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": _common(headers),
    }
    return {"notificationType": "Received", "receipt": receipt, "mail": about}


def _authentication(mail: Arrived, verdicts: Json) -> list[tuple[str, str]]:
    """Return the results of SPF, DKIM and DMARC as headers."""
    domain = mail.sender.rpartition("@")[2] or mail.helo
    word = WORDS[verdicts["spf"]]
    permission = "designates" if word == "pass" else "does not designate"
    spf = (
        f"{word} (spfCheck: domain of {domain} {permission} {mail.client} as permitted sender)"
        f" client-ip={mail.client}; envelope-from={mail.sender}; helo={mail.helo};"
    )
    dkim = f"dkim={WORDS[verdicts['dkim']]} header.i=@{domain};"
    dmarc = f"dmarc={WORDS[verdicts['dmarc']]} header.from={domain};"
    return [
        ("Received-SPF", spf),
        ("Authentication-Results", f"amazonses.com;\r\n spf={spf}\r\n {dkim}\r\n {dmarc}"),
    ]


def _head(text: bytes) -> tuple[bytes, bool]:
    """Return the headers, at most so much of them as a notification holds, and whether they are more."""
    head = text.partition(b"\r\n\r\n")[0]
    return head[:HEADER_LIMIT], len(head) > HEADER_LIMIT


def _unfolded(value: object) -> str:
    """Return a header's value in one line; bytes that are no text are replaced."""
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return FOLD.sub(" ", text).strip()


def _addresses(headers: list[Json], name: str) -> list[str]:
    return [address for _, address in _pairs(headers, name)]


def _pairs(headers: list[Json], name: str) -> list[tuple[str, str]]:
    values = [each["value"] for each in headers if each["name"].lower() == name.lower()]
    return [pair for pair in getaddresses(values) if pair[1]]


def _common(headers: list[Json]) -> Json:
    """Return commonHeaders: only what the mail has."""
    lists = {field: [_written(pair) for pair in _pairs(headers, name)] for field, name in LISTS.items()}
    first = {each["name"].lower(): each["value"] for each in reversed(headers)}
    texts = {field: first[name.lower()] for field, name in TEXTS.items() if name.lower() in first}
    texts |= {"returnPath": texts["returnPath"].strip("<>")} if "returnPath" in texts else {}
    return {field: values for field, values in lists.items() if values} | texts


def _written(pair: tuple[str, str]) -> str:
    try:
        return formataddr(pair)
    except UnicodeError:  # an address outside ASCII
        return pair[1]


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"
