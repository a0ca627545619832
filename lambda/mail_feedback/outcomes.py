"""What an event says: an outcome for each recipient, and whom no mail may reach any more."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum

from msgspec import Struct

from mail_common.entry import BOUNCE, COMPLAINT
from mail_common.text import plain
from mail_feedback.events import (
    NOT_SPAM,
    ON_ACCOUNT_LIST,
    Bounce,
    BounceDetail,
    Complaint,
    Delay,
    Delivery,
    Event,
    Failure,
    Mail,
    Recipient,
    Reject,
    Send,
    UnreadableError,
    bare,
    epoch_ms,
)

TRANSIENT = "transient"
# A record holds up to 50 of them, and an item of DynamoDB 400 KB.
MAX_DETAIL = 250


class Word(Enum):
    """What became of a mail for one recipient; what stands higher outdoes what stands lower, whichever came first.

    A mail can bounce after it was delivered, and be delivered after an automatic reply that counts as a bounce.
    """

    SENT = (0, "sent")
    DELAYED = (1, "delayed")
    BOUNCED_FOR_NOW = (2, "bounced")
    DELIVERED = (3, "delivered")
    SUPPRESSED = (4, "suppressed")
    BOUNCED = (5, "bounced")
    COMPLAINED = (6, "complained")
    REJECTED = (7, "rejected")
    FAILED = (8, "failed")


class Outcome(Struct, frozen=True, order=True):
    """What became of a mail for one recipient; outcomes have a total order, and the highest stands."""

    rank: int
    at: int
    """Epoch milliseconds."""
    ses_message_id: str
    detail: str
    word: str


class Suppression(Struct, frozen=True, kw_only=True):
    """An address that may have to be suppressed, and why: `bounce`, `complaint`, or `transient`, which is counted."""

    address: str
    reason: str
    at: int
    detail: str
    feedback_id: str
    mail: Mail


def outcomes(event: Event) -> dict[str, Outcome]:
    """The outcome of each recipient that an event names; raises UnreadableError if it names none of the mail's."""
    mail = event.mail
    match event:
        case Send():
            found = _alike(mail, mail.destination, Word.SENT)
        case Delivery(delivery=delivery):
            found = _alike(
                mail, delivery.recipients, Word.DELIVERED, at=delivery.timestamp, said=delivery.smtp_response
            )
        case Reject(reject=reject):
            found = _alike(mail, mail.destination, Word.REJECTED, said=reject.reason)
        case Failure(failure=failure):
            found = _alike(mail, mail.destination, Word.FAILED, said=failure.error_message)
        case Delay(delay=delay):
            found = _each(mail, delay.delayed_recipients, Word.DELAYED, at=delay.timestamp, kind=delay.delay_type)
        case Bounce(bounce=bounce):
            word = _word_of_bounce(event)
            kind = f"{bounce.bounce_type}/{bounce.bounce_sub_type}"
            found = _each(mail, bounce.bounced_recipients, word, at=bounce.timestamp, kind=kind)
        case Complaint(complaint=complaint):
            word = Word.SUPPRESSED if complaint.complaint_sub_type == ON_ACCOUNT_LIST else Word.COMPLAINED
            kind = complaint.complaint_sub_type or complaint.complaint_feedback_type or ""
            # A person who took the mail out of the junk folder does not complain.
            recipients = [] if kind == NOT_SPAM else complaint.complained_recipients
            found = _each(mail, recipients, word, at=complaint.timestamp, kind=kind)
    return found


def suppressions(event: Event) -> Iterator[Suppression]:
    """Whom an event may keep from further mails: the recipients that it names, never the others of the same mail.

    Who is on the account's own list has been put there by an earlier event. Where only TLS was missing, or where an
    automatic reply came back, the address is a good one. What SES could not determine counts as transient.
    """
    match event:
        case Bounce(mail=mail, bounce=bounce) if bounce.bounce_sub_type != ON_ACCOUNT_LIST:
            reason = BOUNCE if bounce.bounce_type == "Permanent" else TRANSIENT
            for address, recipient in mail.named(bounce.bounced_recipients).items():
                if not recipient.lacks_tls and not _is_reply(bounce, recipient):
                    yield Suppression(
                        address=address,
                        reason=reason,
                        at=_at(mail, bounce.timestamp),
                        detail=_detail(bounce.bounce_sub_type, recipient.said),
                        feedback_id=bounce.feedback_id,
                        mail=mail,
                    )
        case Complaint(mail=mail, complaint=complaint) if complaint.complaint_sub_type != ON_ACCOUNT_LIST:
            kind = complaint.complaint_feedback_type or ""
            for address in mail.named(complaint.complained_recipients) if kind != NOT_SPAM else ():
                yield Suppression(
                    address=address,
                    reason=COMPLAINT,
                    at=_at(mail, complaint.timestamp),
                    detail=_detail(kind),
                    feedback_id=complaint.feedback_id,
                    mail=mail,
                )
        case _:
            return


def highest(*several: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Of each recipient the outcome that stands."""
    found: dict[str, Outcome] = {}
    for outcomes_ in several:
        for address, outcome in outcomes_.items():
            found[address] = max(outcome, found.get(address, outcome))
    return found


def _is_reply(bounce: BounceDetail, recipient: Recipient) -> bool:
    """Whether somebody is out of office: such a reply comes as a bounce of this kind, without a server's words.

    "Bounce types" (Amazon SES developer guide, contents of notifications) says so of Transient and General.
    """
    return (bounce.bounce_type, bounce.bounce_sub_type) == ("Transient", "General") and not recipient.said


def _word_of_bounce(event: Bounce) -> Word:
    if event.bounce.bounce_sub_type == ON_ACCOUNT_LIST:
        return Word.SUPPRESSED
    return Word.BOUNCED if event.bounce.bounce_type == "Permanent" else Word.BOUNCED_FOR_NOW


def _alike(
    mail: Mail, recipients: Iterable[str], word: Word, *, at: datetime | None = None, said: str = ""
) -> dict[str, Outcome]:
    outcome = _outcome(mail, word, at=at or mail.timestamp, detail=_detail(said))
    return {bare(address): outcome for address in recipients}


def _each(mail: Mail, recipients: list[Recipient], word: Word, *, at: datetime, kind: str) -> dict[str, Outcome]:
    named = mail.named(recipients)
    if recipients and not named:
        raise UnreadableError("UnknownRecipient", "the event names nobody whom the mail was sent to")
    return {
        address: _outcome(mail, word, at=at, detail=_detail(kind, recipient.said))
        for address, recipient in named.items()
    }


def _outcome(mail: Mail, word: Word, *, at: datetime, detail: str) -> Outcome:
    rank, text = word.value
    return Outcome(rank=rank, at=_at(mail, at), ses_message_id=mail.message_id, detail=detail, word=text)


def _at(mail: Mail, time: datetime) -> int:
    """When it happened; the time may be of a receiving server's slow clock, but nothing happens before the mail."""
    return epoch_ms(max(time, mail.timestamp))


def _detail(*parts: str) -> str:
    return plain("; ".join(part for part in parts if part)[:MAX_DETAIL])
