"""From a mail request to the SendEmail call: addresses checked, headers safe, sizes within SES's limits."""

import re
from collections.abc import Iterable, Mapping
from email.utils import formataddr
from typing import Any

from email_validator import EmailNotValidError, validate_email
from msgspec import structs

from mail_consumer.request import Attachment, MailRequest, RequestError

# Amazon SES developer guide, "Service quotas in Amazon SES": recipients per message.
MAX_RECIPIENTS = 50
# Base64 writes three bytes as four characters.
BASE64_GROWTH = 4 / 3

# Control characters and every separator that a mail program may read as a line break.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Alone, or behind a name that may be quoted; names need no quotes here, since they are encoded anyway.
ADDRESS = re.compile(r'"?(?P<name>[^"<>]*)"?\s*<(?P<address>[^<>]+)>|(?P<alone>[^<>]+)')
# Amazon SES API v2 reference, MessageHeader: printable ASCII, no colon in the name.
HEADER_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
HEADER_VALUE = re.compile(r"[ -~]{1,995}")
# Set by SES or by the request's own fields ("Amazon SES header fields": none may appear twice).
OWN_HEADERS = {
    *("bcc", "cc", "date", "dkim-signature", "from", "message-id", "mime-version"),
    *("reply-to", "return-path", "sender", "subject", "to"),
}


def check(request: MailRequest, *, domain: str) -> MailRequest:
    """Return the request with its addresses in the form SES takes; raise RequestError at the first rule it breaks."""
    _refuse_control_characters(request)
    sender = _address("from", request.sender)
    if not sender.endswith((f"@{domain}", f"@{domain}>")):
        raise RequestError(
            "ForeignSender",
            f"from '{request.sender}' is not an address of '{domain}', the domain this project sends for",
        )
    recipients = len(request.recipients)
    if not 1 <= recipients <= MAX_RECIPIENTS:
        raise RequestError("Recipients", f"{recipients} recipients, expected 1 to {MAX_RECIPIENTS} in to, cc and bcc")
    if request.text is None and request.html is None:
        raise RequestError("NoContent", "neither text nor html, expected at least one")
    _check_headers(request.headers)
    lists = {
        name: [_address(name, text) for text in getattr(request, name)] for name in ("to", "cc", "bcc", "reply_to")
    }
    return structs.replace(request, sender=sender, **lists)


def _address(name: str, text: str) -> str:
    """The address with an ASCII domain (punycode) and an encoded display name (RFC 2047)."""
    parts = ADDRESS.fullmatch(text.strip(" "))
    try:
        # .test is a domain to test with (RFC 6761), not a mistake.
        found = validate_email(
            parts["address"] or parts["alone"] if parts else text,
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise RequestError("BadAddress", f"{name} '{text}' is not a mail address: {error}") from error
    return formataddr(((parts["name"] or "").strip() if parts else "", found.ascii_email or found.normalized))


def _refuse_control_characters(request: MailRequest) -> None:
    texts: list[tuple[str, str]] = [("from", request.sender), ("subject", request.subject)]
    texts += [("to, cc or bcc", address) for address in request.recipients]
    texts += [("reply_to", address) for address in request.reply_to]
    texts += [("attachment's filename", attachment.filename) for attachment in request.attachments]
    texts += [("attachment's content_type", attachment.content_type or "") for attachment in request.attachments]
    for name, text in texts:
        if CONTROL.search(text):
            raise RequestError("LineBreak", f"{name} {text!r} holds a line break or control character, expected none")


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise RequestError(
                "BadHeader", f"header {name!r}: {value!r} is not printable ASCII on one line (value: 995 characters)"
            )
        if name.lower() in OWN_HEADERS or name.lower().startswith("content-"):
            raise RequestError("BadHeader", f"header '{name}' is set by SES or by a field of its own, leave it out")


def compose(
    request: MailRequest, *, message_id: str, configuration_set: str, files: Iterable[tuple[Attachment, bytes]] = ()
) -> dict[str, Any]:
    """Build the arguments of SES API v2 SendEmail from a checked request."""
    body = {"Text": request.text, "Html": request.html}
    message = {
        "Subject": _utf8(request.subject),
        "Body": {part: _utf8(text) for part, text in body.items() if text is not None},
        "Headers": [{"Name": name, "Value": value} for name, value in request.headers.items()],
        "Attachments": [_attachment(attachment, content) for attachment, content in files],
    }
    return {
        "FromEmailAddress": request.sender,
        "Destination": {"ToAddresses": request.to, "CcAddresses": request.cc, "BccAddresses": request.bcc},
        "ReplyToAddresses": request.reply_to,
        "Content": {"Simple": {name: part for name, part in message.items() if part}},
        "ConfigurationSetName": configuration_set,
        "EmailTags": [
            *({"Name": name, "Value": value} for name, value in request.tags.items()),
            {"Name": "request_id", "Value": message_id},
        ],
    }


def _utf8(text: str) -> dict[str, str]:
    return {"Charset": "UTF-8", "Data": text}


def _attachment(attachment: Attachment, content: bytes) -> dict[str, Any]:
    kind = {"ContentType": attachment.content_type} if attachment.content_type else {}
    return {"FileName": attachment.filename, "RawContent": content, **kind}


def check_size(request: MailRequest, *, attachment_bytes: int, limit: int) -> None:
    """Raise RequestError for a mail of more than `limit` bytes after encoding, before its files are read."""
    text_bytes = len((request.text or "").encode()) + len((request.html or "").encode())
    size = int((text_bytes + attachment_bytes) * BASE64_GROWTH)
    if size > limit:
        raise RequestError("TooLarge", f"mail of {size} bytes after encoding, at most {limit}; set max_mail_bytes")
