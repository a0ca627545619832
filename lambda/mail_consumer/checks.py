"""What a mail request has to keep to, so that SES takes it and nobody is deceived."""

import re
from collections.abc import Mapping
from email.utils import formataddr

from email_validator import EmailNotValidError, validate_email
from msgspec import structs

from mail_consumer.request import MailRequest, RequestError

# Amazon SES developer guide, "Service quotas in Amazon SES": recipients per message.
MAX_RECIPIENTS = 50
# Amazon SES API v2 reference, "Message": headers; two of them carry a link to unsubscribe.
MAX_HEADERS, LINK_HEADERS = 15, 2

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
# What a raw mail brings itself.
PARTS = ("reply_to", "text", "html", "headers", "attachments", "unsubscribe")


def check(request: MailRequest, *, domain: str, site_url: str) -> MailRequest:
    """Return the request with its addresses in the form SES takes; raise RequestError at the first rule it breaks.

    `site_url` is where links to unsubscribe lead; empty where there is no site.
    """
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
    _check_content(request)
    _check_headers(request.headers)
    if request.unsubscribe:
        _check_unsubscribe(request, site_url=site_url)
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


def _check_content(request: MailRequest) -> None:
    if request.raw_s3_key is None:
        if request.text is None and request.html is None:
            raise RequestError("NoContent", "neither text nor html, expected at least one")
        return
    parts = [name for name in PARTS if getattr(request, name)]
    if parts:
        raise RequestError(
            "RawMail", f"raw_s3_key '{request.raw_s3_key}' is a whole mail; leave {', '.join(parts)} out"
        )


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise RequestError(
                "BadHeader", f"header {name!r}: {value!r} is not printable ASCII on one line (value: 995 characters)"
            )
        if name.lower() in OWN_HEADERS or name.lower().startswith("content-"):
            raise RequestError("BadHeader", f"header '{name}' is set by SES or by a field of its own, leave it out")


def _check_unsubscribe(request: MailRequest, *, site_url: str) -> None:
    if not site_url:
        raise RequestError("NoSite", "unsubscribe is asked for, but there is no site to do it at; set site_domain")
    recipients = len(request.recipients)
    if recipients != 1:
        raise RequestError("Unsubscribe", f"unsubscribe is asked for with {recipients} recipients, expected one a mail")
    for name in request.headers:
        if name.lower().startswith("list-unsubscribe"):
            raise RequestError("BadHeader", f"header '{name}' is set by unsubscribe, leave one of them out")
    most = MAX_HEADERS - LINK_HEADERS
    if len(request.headers) > most:
        raise RequestError("BadHeader", f"{len(request.headers)} headers beside unsubscribe, expected at most {most}")
