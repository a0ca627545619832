"""A received mail made fit to be sent on: another header before the same body.

The receiver checks SPF, DKIM and DMARC against the address in From, so this has to be one of our own domain; an answer
still goes to who wrote the mail. The body's bytes stay as they are, so that its signature by S/MIME or PGP holds.
"""

import re
from collections.abc import Iterator
from email.header import Header
from email.headerregistry import Address

from mail_inbox.fields import addresses, decoded, first, printable
from mail_inbox.guards import LOOP_FIELD
from mail_inbox.mail import Mail

FORWARDER = "forward"
# Characters of the sender's name that are kept.
MAX_NAME = 100
# RFC 5321, 4.5.3.1.6, without the line break.
MAX_LINE = 998
MAX_REPLY_TO = 10
# RFC 2047, 2: an encoded word, and so a line of one, has at most 75 characters.
ENCODED_LINE = 75

# Made anew below, no longer true, or words to SES, which would obey them ("Amazon SES header fields", "Using Amazon SES
# configuration sets").
LEFT_OUT = {
    *("from", "reply-to", "sender", "return-path", "errors-to", "bcc", "resent-bcc", "x-original-from"),
    *("dkim-signature", "domainkey-signature", "arc-seal", "arc-message-signature", "arc-authentication-results"),
}
LEFT_OUT_PREFIX = "x-ses-"
# Amazon SES developer guide, "Amazon SES header fields": SES refuses a mail that has one of these twice.
ONCE = {
    *("accept-language", "acceptlanguage", "archived-at", "auto-submitted", "bounces-to", "comments"),
    *("content-alternative", "content-base", "content-class", "content-description", "content-disposition"),
    *("content-duration", "content-id", "content-language", "content-length", "content-location", "content-md5"),
    *("content-transfer-encoding", "content-type", "date", "delivered-to", "disposition-notification-options"),
    *("disposition-notification-to", "importance", "in-reply-to", "keywords", "list-archive", "list-help", "list-id"),
    *("list-owner", "list-post", "list-subscribe", "list-unsubscribe", "list-unsubscribe-post", "message-context"),
    *("message-id", "mime-version", "organization", "original-from", "original-message-id", "original-recipient"),
    *("original-subject", "precedence", "priority", "references", "return-receipt-to", "solicitation", "sensitivity"),
    *("subject", "thread-index", "thread-topic", "user-agent", "vbr-info"),
    # RFC 5322, 3.6: at most once.
    *("to", "cc"),
}
# What SES can send an answer to: plain ASCII.
ANSWERABLE = re.compile(r"(?!.{321})[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LINE_BREAK = re.compile(rb"\r\n|\r|\n")
# Neither a tab nor a character of printable ASCII.
FOREIGN = re.compile(rb"[^\t -~]")


def forwarded(raw: bytes, mail: Mail, *, domain: str, received_for: str, source: str) -> bytes:
    """The mail as it is sent on from an address of `domain`, after it was received for `received_for`.

    `source` is the envelope's sender, for a mail that does not say from whom it is.
    """
    made = [
        b"From: " + _from(mail, domain=domain, source=source),
        *_reply_to(mail, source=source),
        b"X-Original-From: " + (_line(_value_of(mail, "from")) or _line(source.encode())),
        LOOP_FIELD.encode() + b": " + _line(received_for.encode()),
    ]
    header = b"".join(lines + b"\r\n" for lines in (*made, *_kept(mail)) if _fits(lines))
    return b"".join((header, b"\r\n", memoryview(raw)[mail.body :]))


def own_address(domain: str) -> str:
    """The address that mails are sent on from."""
    return f"{FORWARDER}@{domain}"


def _from(mail: Mail, *, domain: str, source: str) -> bytes:
    senders = addresses(mail.fields, "from")
    name = printable(senders[0].display_name or senders[0].addr_spec) if senders else printable(source)
    return _mailbox(f"{name[:MAX_NAME] or 'unknown'} via {domain}", own_address(domain))


def _reply_to(mail: Mail, *, source: str) -> list[bytes]:
    """Where the mail asks for its answers, else who wrote it, else the envelope's sender: the first that SES takes."""
    for found in (addresses(mail.fields, "reply-to"), addresses(mail.fields, "from"), _bare(source)):
        boxes = [
            _mailbox(printable(address.display_name)[:MAX_NAME], address.addr_spec)
            for address in found
            if ANSWERABLE.fullmatch(address.addr_spec)
        ]
        if boxes:
            return [b"Reply-To: " + b",\r\n ".join(boxes[:MAX_REPLY_TO])]
    return []


def _bare(source: str) -> list[Address]:
    return [Address(addr_spec=source)] if ANSWERABLE.fullmatch(source) else []


def _mailbox(name: str, address: str) -> bytes:
    """A name and an address in the form of a field; the name quoted, or encoded where it is not ASCII."""
    if not name:
        return address.encode("ascii")
    # What looks like an encoded word would be decoded once more by many a program, to whatever it holds.
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'.encode("ascii")
    encoded = Header(name, "utf-8", maxlinelen=ENCODED_LINE, header_name="Reply-To").encode(linesep="\r\n")
    return f"{encoded}\r\n <{address}>".encode("ascii")


def _kept(mail: Mail) -> Iterator[bytes]:
    seen: set[str] = set()
    for field in mail.fields:
        again = field.name in seen and field.name in ONCE
        seen.add(field.name)
        if not again and field.name not in LEFT_OUT and not field.name.startswith(LEFT_OUT_PREFIX):
            yield field.spelled + b": " + (_subject(mail) if field.name == "subject" else _folded(field.value))


def _subject(mail: Mail) -> bytes:
    """As it stands where it is ASCII, with its encoded words; else encoded, so that nothing of it is lost."""
    [value, *_] = [field.value for field in mail.fields if field.name == "subject"]
    if not FOREIGN.search(LINE_BREAK.sub(b"", value)):
        return _folded(value)
    encoded = Header(decoded(mail.fields, "subject"), "utf-8", maxlinelen=ENCODED_LINE, header_name="Subject")
    return encoded.encode(linesep="\r\n").encode("ascii")


def _fits(lines: bytes) -> bool:
    return all(len(line) <= MAX_LINE for line in lines.split(b"\r\n"))


def _folded(value: bytes) -> bytes:
    """The value with its folds, in ASCII, and without lines that a program could take for the header's end."""
    lines = [FOREIGN.sub(b"?", line).strip() for line in LINE_BREAK.split(value)]
    return b"\r\n ".join(line for line in lines if line)


def _line(value: bytes) -> bytes:
    return b" ".join(FOREIGN.sub(b"?", value).split())[: MAX_LINE // 2]


def _value_of(mail: Mail, name: str) -> bytes:
    return first(mail.fields, name).encode("utf-8", "replace")
