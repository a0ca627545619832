"""What a mail request may contain: the one definition that the consumer, the command line and the JSON Schema share."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from mail_common.text import plain

SENDER, DESTINATION, SUBJECT, BODY = "Sender", "Destination", "Subject", "Body"
ATTRIBUTES = (SENDER, DESTINATION, SUBJECT, BODY)

Address = Annotated[
    str,
    Meta(min_length=1, max_length=1000, description="An address, alone or with a name: Yamada <yamada@example.com>."),
]
# Amazon SES API v2 reference, MessageTag: letters, digits, '_' and '-', at most 256 characters.
# The end is spelt (?![\s\S]), since Python's $ lets a last line break pass and JSON Schema's dialect has no \Z.
TagText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,256}(?![\s\S])")]


class RequestError(Exception):
    """A request that can never become a mail; `code` names the rule, the text names the value and what was expected."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = plain(detail)


class Attachment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the attachments bucket that goes with the mail."""

    s3_key: Annotated[str, Meta(min_length=1, max_length=1024, description="Key in the attachments bucket.")]
    filename: Annotated[str, Meta(min_length=1, max_length=255, description="Name that the recipient sees.")]
    content_type: Annotated[str, Meta(min_length=1, max_length=78, description="MIME type.")] | None = None
    # Amazon SES API v2 reference, Attachment: 1 to 78 characters.
    content_id: (
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9._@-]{1,78}(?![\s\S])", description="Shown where the HTML says cid:.")]
        | None
    ) = None


class MailRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One mail to be sent, as the JSON body of a queue message."""

    version: Literal[1]
    sender: Address = field(name="from")
    to: list[Address] = []
    cc: list[Address] = []
    bcc: list[Address] = []
    reply_to: list[Address] = []
    subject: Annotated[str, Meta(description="Any characters but line breaks.")]
    text: Annotated[str, Meta(description="The plain text part.")] | None = None
    html: Annotated[str, Meta(description="The HTML part.")] | None = None
    # Amazon SES API v2 reference, MessageHeader: at most 15.
    headers: Annotated[dict[str, str], Meta(max_length=15, description="Extra headers, printable ASCII.")] = {}
    attachments: Annotated[list[Attachment], Meta(max_length=50)] = []
    tags: Annotated[dict[TagText, TagText], Meta(max_length=49, description="Message tags of SES events.")] = {}
    idempotency_key: (
        Annotated[str, Meta(min_length=1, max_length=256, description="Requests that share it send one mail.")] | None
    ) = None
    unsubscribe: Annotated[
        bool, Meta(description="Whether the one recipient can unsubscribe from such mails with one click.")
    ] = False
    raw_s3_key: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=1024,
                description="Key in the attachments bucket of a whole mail in MIME, which is sent as it is.",
            ),
        ]
        | None
    ) = None

    @property
    def recipients(self) -> list[str]:
        """Everyone who gets the mail; SES counts each against the sending quota and rate."""
        return [*self.to, *self.cc, *self.bcc]


def parse(*, body: str, attributes: Mapping[str, Mapping[str, Any]]) -> MailRequest:
    """Read a queue message: the four string attributes if it has any of them, else the JSON body.

    Raises RequestError where neither is complete.
    """
    if any(name in attributes for name in ATTRIBUTES):
        return MailRequest(
            version=1,
            sender=_text(attributes, SENDER),
            to=[_text(attributes, DESTINATION)],
            subject=_text(attributes, SUBJECT),
            text=_text(attributes, BODY),
        )
    try:
        return msgspec.json.decode(body.encode(), type=MailRequest)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        names = ", ".join(ATTRIBUTES)
        raise RequestError(
            "BadRequest", f"no attributes {names}, and the body is no mail request: {error}; see docs/mail-request.md"
        ) from error


def _text(attributes: Mapping[str, Mapping[str, Any]], name: str) -> str:
    attribute = attributes.get(name)
    if attribute is None:
        raise RequestError("MissingAttribute", f"message attribute '{name}' is missing; send it with type String")
    value = attribute.get("stringValue")
    if not isinstance(value, str) or not str(attribute.get("dataType")).startswith("String"):
        raise RequestError(
            "BadAttribute", f"message attribute '{name}' has type '{attribute.get('dataType')}', expected String"
        )
    return value


def attributes_of(request: MailRequest) -> dict[str, str]:
    """The four string attributes of a plain request to one recipient, as the command line queues it."""
    return dict(zip(ATTRIBUTES, (request.sender, *request.to, request.subject, request.text or ""), strict=True))


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the JSON body."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(MailRequest)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
