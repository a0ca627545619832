"""What SES tells of a received mail: Amazon SES developer guide, "Contents of notifications for Amazon SES email
receiving". The topic hands it on raw, so that it is the body of the queue's message.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

# It stands in S3 keys and idempotency keys.
MessageId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,128}(?![\s\S])")]


# SES tries a rule that is made with a mail of its own, which has this id. Its documentation does not tell of it, people
# who have set up rules do; nobody waits for it.
SETUP_ID = "AMAZON_SES_SETUP_NOTIFICATION"


class NotificationError(Exception):
    """A message that tells of no mail in our bucket; `code` names the rule, the text says what was found."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Verdict(Struct, frozen=True):
    """The outcome of one check: PASS, FAIL, GRAY or PROCESSING_FAILED."""

    status: str = ""


class Action(Struct, frozen=True, rename="camel"):
    """The action of the receipt rule, which has put the mail into a bucket."""

    type: Literal["S3"]
    bucket_name: str
    object_key: Annotated[str, Meta(min_length=1, max_length=1024)]


class Receipt(Struct, frozen=True, rename="camel"):
    """How the mail was received."""

    action: Action
    recipients: list[str]
    """The envelope's recipients that the rule is for."""
    spam_verdict: Verdict = Verdict()
    virus_verdict: Verdict = Verdict()
    spf_verdict: Verdict = Verdict()
    dkim_verdict: Verdict = Verdict()
    dmarc_verdict: Verdict = Verdict()


class MailOf(Struct, frozen=True, rename="camel"):
    """The mail that was received."""

    message_id: MessageId
    timestamp: datetime
    source: str | None = None
    """The envelope's sender; nothing, or `<>`, in a mail that no answer may go to."""


class Notification(Struct, frozen=True, rename="camel"):
    """A received mail, which waits in the bucket."""

    notification_type: Literal["Received"]
    mail: MailOf
    receipt: Receipt

    @property
    def id(self) -> str:
        """SES's name of the mail."""
        return self.mail.message_id

    @property
    def is_setup(self) -> bool:
        """Whether it is SES's own try of the rule."""
        return self.id == SETUP_ID

    @property
    def source(self) -> str:
        """The envelope's sender."""
        return self.mail.source or ""

    @property
    def key(self) -> str:
        """Where the mail is in the bucket."""
        return self.receipt.action.object_key

    @property
    def received_at(self) -> int:
        """Epoch milliseconds."""
        return int(self.mail.timestamp.timestamp() * 1000)

    @property
    def verdicts(self) -> dict[str, str]:
        """What each check has found."""
        receipt = self.receipt
        found = {
            "spam": receipt.spam_verdict,
            "virus": receipt.virus_verdict,
            "spf": receipt.spf_verdict,
            "dkim": receipt.dkim_verdict,
            "dmarc": receipt.dmarc_verdict,
        }
        return {name: verdict.status for name, verdict in found.items()}


def read(body: str, *, bucket: str) -> Notification:
    """Read the body of a queue's message; raises NotificationError where it tells of no mail in this bucket."""
    try:
        notification = msgspec.json.decode(body.encode(), type=Notification)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise NotificationError("BadNotification", f"no notification of a received mail: {error}") from error
    if notification.receipt.action.bucket_name != bucket:
        raise NotificationError(
            "ForeignBucket", f"the mail is in '{notification.receipt.action.bucket_name}', expected '{bucket}'"
        )
    return notification
