"""A SendEmail request as the mail that it asks for: Simple, Raw or Template content in one shape."""

import base64
import binascii
import email.message
import email.policy
import re
from email.utils import getaddresses
from typing import Any

from local.emulator import ministack
from local.emulator.errors import SesError
from local.emulator.ministack import Json

TAKEN_UP = {"FromEmailAddress", "Destination", "ReplyToAddresses", "Content", "EmailTags", "ConfigurationSetName"}

Mail = dict[str, Any]
"""from, to, cc, bcc, reply_to, subject, text, html, headers, attachments, tags, configuration_set, raw, other.

And rendering_failure: the detail of the event that a template makes whose data are not complete.
"""

PLACEHOLDER = re.compile(r"\{\{([\w.]+)\}\}")
"""A variable of a template: "Using templates to send personalized email with the Amazon SES API"."""


def read(request: Json) -> Mail:
    """Return the whole of a request as a mail."""
    content: Json = request.get("Content") or {}
    kinds = {"Simple": _simple, "Raw": _raw, "Template": _template}
    given = [kind for kind in kinds if content.get(kind)]
    if len(given) != 1:
        raise SesError("BadRequestException", "Content must be exactly one of Simple, Raw and Template")
    destination: Json = request.get("Destination") or {}
    tags: list[Json] = request.get("EmailTags") or []
    mail: Mail = {
        "from": request.get("FromEmailAddress") or "",
        "to": destination.get("ToAddresses") or [],
        "cc": destination.get("CcAddresses") or [],
        "bcc": destination.get("BccAddresses") or [],
        "reply_to": request.get("ReplyToAddresses") or [],
        "tags": [{"name": tag["Name"], "value": tag["Value"]} for tag in tags],
        "configuration_set": request.get("ConfigurationSetName"),
        "raw": None,
        "rendering_failure": None,
        "other": {name: value for name, value in request.items() if name not in TAKEN_UP},
    }
    return kinds[given[0]](mail, content[given[0]])


def recipients(mail: Mail) -> list[str]:
    """Return the addresses a mail goes to, as they were given."""
    return [*mail["to"], *mail["cc"], *mail["bcc"]]


def _simple(mail: Mail, message: Json) -> Mail:
    body: Json = message.get("Body") or {}
    return mail | {
        "subject": _text(message.get("Subject")) or "",
        "text": _text(body.get("Text")),
        "html": _text(body.get("Html")),
        "headers": _headers(message),
        "attachments": _attachments(message),
    }


def _template(mail: Mail, template: Json) -> Mail:
    rendered = ministack.render_template(template)
    if isinstance(rendered, tuple):
        raise SesError(rendered[1]["x-amzn-errortype"], rendered[2].decode(), status=rendered[0])
    return mail | {
        "subject": rendered.get("Subject") or "",
        "text": rendered.get("Text"),
        "html": rendered.get("Html"),
        "headers": _headers(template),
        "attachments": _attachments(template),
        "rendering_failure": _rendering_failure(template, rendered),
    }


def _rendering_failure(template: Json, rendered: Json) -> Json | None:
    """Return what is wrong with a template's data; the mail is taken, but nobody gets it.

    "Contents of event data that Amazon SES publishes to Amazon SNS", failure object.
    """
    left = PLACEHOLDER.search(" ".join(text for text in rendered.values() if text))
    if left is None:
        return None
    reason = f"Attribute '{left[1]}' is not present in the rendering data."
    return {"templateName": template.get("TemplateName", ""), "errorMessage": reason}


def _raw(mail: Mail, raw: Json) -> Mail:
    """Read a MIME message; what the request itself names goes before the message's headers."""
    source = _decoded(raw.get("Data") or "")
    message = email.message_from_bytes(source, policy=email.policy.default)
    if not message.get("From") and not mail["from"]:
        raise SesError("BadRequestException", "Missing required header 'From'.")
    given = bool(recipients(mail))
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    return mail | {
        "from": mail["from"] or str(message["From"]),
        "to": mail["to"] if given else _addresses(message, "To"),
        "cc": mail["cc"] if given else _addresses(message, "Cc"),
        "bcc": mail["bcc"] if given else _addresses(message, "Bcc"),
        "reply_to": mail["reply_to"] or _addresses(message, "Reply-To"),
        "subject": str(message.get("Subject", "")),
        "text": text.get_content() if text else None,
        "html": html.get_content() if html else None,
        "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
        "attachments": [_mime_attachment(part) for part in message.iter_attachments()],
        "raw": base64.b64encode(source).decode(),
    }


def _text(content: Json | None) -> str | None:
    """Return a text as its recipient reads it: without a charset, SES sends 7-bit ASCII ("Content", SES API v2)."""
    if content is None:
        return None
    charset = content.get("Charset") or "ascii"
    try:
        return str(content.get("Data") or "").encode(charset, "replace").decode(charset)
    except LookupError:
        raise SesError("BadRequestException", f"Invalid charset: {charset}") from None


def _headers(message: Json) -> list[Json]:
    headers: list[Json] = message.get("Headers") or []
    return [{"name": header["Name"], "value": header["Value"]} for header in headers]


def _attachments(message: Json) -> list[Json]:
    attachments: list[Json] = message.get("Attachments") or []
    return [
        {
            "filename": attachment.get("FileName"),
            "content_type": attachment.get("ContentType"),
            "content": base64.b64encode(_decoded(attachment.get("RawContent") or "")).decode(),
            "disposition": attachment.get("ContentDisposition", "ATTACHMENT"),
            "content_id": attachment.get("ContentId"),
            "description": attachment.get("ContentDescription"),
        }
        for attachment in attachments
    ]


def _mime_attachment(part: email.message.EmailMessage) -> Json:
    payload = part.get_payload(decode=True)
    return {
        "filename": part.get_filename(),
        "content_type": part.get_content_type(),
        "content": base64.b64encode(payload if isinstance(payload, bytes) else bytes(part)).decode(),
        "disposition": (part.get_content_disposition() or "attachment").upper(),
        "content_id": part.get("Content-ID"),
        "description": part.get("Content-Description"),
    }


def _addresses(message: email.message.EmailMessage, header: str) -> list[str]:
    return [address for _, address in getaddresses([str(value) for value in message.get_all(header, [])])]


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as reason:
        raise SesError("BadRequestException", f"Invalid base64 data: {reason}") from None
