"""Events of SES, as its configuration set publishes them, and what each says of its recipients.

Shapes and names: Amazon SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS". SES may
add fields at any time; only what is used is read.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from mail_common import correlation
from mail_common.entry import normalized
from mail_common.text import plain

# SES publishes this text, no JSON, when it gets a topic as the destination of events.
VALIDATION = "Successfully validated SNS topic for Amazon SES event publishing"

ON_ACCOUNT_LIST = "OnAccountSuppressionList"
NOT_SPAM = "not-spam"

# SES drops a mail that it cannot send by TLS where that is required ("Amazon SES and security protocols"), and what
# the bounce then says is not documented: so the code for it (RFC 5248: X.7.10, encryption needed; RFC 8689: X.7.30,
# REQUIRETLS support required), or a text that speaks of TLS and not of an address that is wrong (X.1.*).
NEEDS_TLS = re.compile(r"\b[45]\.7\.(10|30)\b")
SPEAKS_OF_TLS = re.compile(r"\b(START)?TLS\b")
WRONG_ADDRESS = re.compile(r"\b5\.1\.\d")

Time = Annotated[datetime, Meta(tz=True)]
# Longer than any address may be, and short enough for a table's key.
Text = Annotated[str, Meta(min_length=1, max_length=500)]


class UnreadableError(Exception):
    """A record that no try can read; `code` names what is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = plain(detail)


class Mail(Struct, frozen=True, rename="camel"):
    """The mail that an event is about."""

    timestamp: Time
    message_id: str
    destination: list[Text]
    tags: dict[str, list[str]] = {}

    @property
    def request_id(self) -> str:
        """The mail request that it was sent for; empty for mails of others."""
        return self._tag("request_id")

    @property
    def correlation_id(self) -> str:
        """What it is found by from the edge on; the request's own id where the mail had no room for the tag."""
        return self._tag(correlation.TAG) or self.request_id

    @property
    def ids(self) -> dict[str, str]:
        """What every log line about it says."""
        return {
            "request_id": self.request_id,
            "correlation_id": self.correlation_id,
            "ses_message_id": self.message_id,
        }

    def _tag(self, name: str) -> str:
        return next(iter(self.tags.get(name, [])), "")[:256]

    def named(self, recipients: Sequence["Recipient"]) -> dict[str, "Recipient"]:
        """Those recipients by address whom the mail was sent to.

        A bounce names whom the receiving server names, which for a forwarded mail is somebody else. Where the mail had
        one recipient, it is that one; nobody can have a stranger suppressed.
        """
        sent_to = {bare(address) for address in self.destination}
        by_address = {bare(recipient.email_address): recipient for recipient in recipients}
        own = {address: recipient for address, recipient in by_address.items() if address in sent_to}
        if not own and len(sent_to) == 1 and recipients:
            return {sent_to.pop(): recipients[0]}
        return own


class Recipient(Struct, frozen=True, rename="camel"):
    """A recipient to whom something happened, with what the receiving server said."""

    email_address: Text
    status: str | None = None
    diagnostic_code: str | None = None

    @property
    def said(self) -> str:
        """The receiving server's own words, or its code."""
        return self.diagnostic_code or self.status or ""

    @property
    def lacks_tls(self) -> bool:
        """Whether the mail came back because it could not be sent by TLS."""
        said = f"{self.status or ''} {self.diagnostic_code or ''}"
        return bool(NEEDS_TLS.search(said) or (SPEAKS_OF_TLS.search(said) and not WRONG_ADDRESS.search(said)))


class BounceDetail(Struct, frozen=True, rename="camel"):
    """Why a mail came back."""

    bounce_type: str
    bounce_sub_type: str
    bounced_recipients: list[Recipient]
    timestamp: Time
    feedback_id: str


class ComplaintDetail(Struct, frozen=True, rename="camel"):
    """Who complained; often everybody of the domain that says so."""

    complained_recipients: list[Recipient]
    timestamp: Time
    feedback_id: str
    complaint_sub_type: str | None = None
    complaint_feedback_type: str | None = None


class DeliveryDetail(Struct, frozen=True, rename="camel"):
    """The receiving server has taken the mail."""

    timestamp: Time
    recipients: list[Text]
    smtp_response: str = ""


class DelayDetail(Struct, frozen=True, rename="camel"):
    """The mail is on its way for longer than usual."""

    timestamp: Time
    delayed_recipients: list[Recipient]
    delay_type: str = ""


class RejectDetail(Struct, frozen=True, rename="camel"):
    """SES has found a virus."""

    reason: str = ""


class FailureDetail(Struct, frozen=True, rename="camel"):
    """A template and its data do not fit."""

    error_message: str = ""


class Send(Struct, frozen=True, tag="Send", tag_field="eventType"):
    """SES has taken the mail and will try to deliver it."""

    mail: Mail


class Delivery(Struct, frozen=True, tag="Delivery", tag_field="eventType"):
    """Delivered."""

    mail: Mail
    delivery: DeliveryDetail


class Bounce(Struct, frozen=True, tag="Bounce", tag_field="eventType"):
    """Came back, for good or after the last try."""

    mail: Mail
    bounce: BounceDetail


class Complaint(Struct, frozen=True, tag="Complaint", tag_field="eventType"):
    """Somebody calls it spam."""

    mail: Mail
    complaint: ComplaintDetail


class Delay(Struct, frozen=True, tag="DeliveryDelay", tag_field="eventType"):
    """Delayed."""

    mail: Mail
    delay: DelayDetail = field(name="deliveryDelay")


class Reject(Struct, frozen=True, tag="Reject", tag_field="eventType"):
    """Rejected by SES itself."""

    mail: Mail
    reject: RejectDetail


class Failure(Struct, frozen=True, tag="Rendering Failure", tag_field="eventType"):
    """Never sent."""

    mail: Mail
    failure: FailureDetail


Event = Send | Delivery | Bounce | Complaint | Delay | Reject | Failure

decoder = msgspec.json.Decoder(Event)


def read(body: str) -> Event | None:
    """Read the body of a queue message; None for SES's own test of the topic. Raises UnreadableError."""
    if body.startswith(VALIDATION):
        return None
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise UnreadableError("UnreadableEvent", f"no event of SES: {error}") from error


def bare(address: str) -> str:
    """An address without a name, in the form in which tables have it."""
    return normalized(parseaddr(address)[1] or address)


def epoch_ms(time: datetime) -> int:
    """Epoch milliseconds."""
    return round(time.timestamp() * 1000)
