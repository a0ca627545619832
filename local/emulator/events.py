"""What becomes of a mail that was taken, as the records that its configuration set's event destinations get.

Shapes: "Contents of event data that Amazon SES publishes to Amazon SNS"; EventBridge gets the same record as its detail
("Amazon Simple Email Service events", EventBridge Events Reference). One record per kind of event and recipient.
"""

import base64
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parseaddr

from local.emulator import ministack
from local.emulator.account import Account
from local.emulator.message import Mail, recipients
from local.emulator.ministack import Json

SIMULATOR = "simulator.amazonses.com"

DETAIL_KEYS = {"Rendering Failure": "failure"}
"""Where a record's detail is, for a kind whose own name in lower case is not the key."""

VIRUS = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
"""What every virus scanner takes for a virus; SES accepts such a mail and then rejects it."""

SUPPRESSED_TEXT = (
    "Amazon SES did not send the message to this address because it is on the suppression list for your account."
)


def records(mail: Mail, account: Account) -> Iterator[Json]:
    """Yield the records of a mail's events, in the order in which they come about."""
    about = _about(mail)
    for kind, detail in outcomes(mail, account):
        yield {"eventType": kind, "mail": about, DETAIL_KEYS.get(kind, kind.lower()): detail}


def outcomes(mail: Mail, account: Account) -> Iterator[tuple[str, Json]]:
    """Yield a mail's events: sent, then rejected as a whole or each recipient's own; or nothing could be rendered."""
    if failure := mail["rendering_failure"]:
        yield "Rendering Failure", failure
        return
    yield "Send", {}
    if any(VIRUS in base64.b64decode(attachment["content"]) for attachment in mail["attachments"]):
        yield "Reject", {"reason": "Bad content"}
        return
    for recipient in map(_bare, recipients(mail)):
        if is_suppressed(recipient, mail, account):
            yield "Bounce", _bounce(recipient, subtype="OnAccountSuppressionList", diagnosis=SUPPRESSED_TEXT)
        else:
            yield from _simulated(recipient)


def is_simulated(address: str) -> bool:
    """Tell whether an address belongs to the mailbox simulator."""
    return _bare(address).lower().endswith(f"@{SIMULATOR}")


def is_suppressed(recipient: str, mail: Mail, account: Account) -> bool:
    """Tell whether the account's suppression list keeps a mail from a recipient.

    Such a mail is accepted and counted, but not delivered: "Using the Amazon SES account-level suppression list". A
    configuration set with reasons of its own overrides the account's: "SuppressionOptions", SES API v2.
    """
    configuration_set = ministack.configuration_set(mail["configuration_set"] or "") or {}
    options: Json = configuration_set.get("SuppressionOptions") or {}
    reasons: list[str] = options.get("SuppressedReasons", account.suppressed_reasons)
    entry = account.suppressed.get(recipient.lower())
    return entry is not None and entry.reason in reasons


def _simulated(recipient: str) -> Iterator[tuple[str, Json]]:
    """Yield a recipient's events: "Using the mailbox simulator manually" (Amazon SES Developer Guide)."""
    role = recipient.lower().partition("@")[0].partition("+")[0] if is_simulated(recipient) else "success"
    if role == "bounce":
        yield "Bounce", _bounce(recipient, subtype="General", diagnosis="smtp; 550 5.1.1 user unknown")
    elif role == "suppressionlist":
        yield "Bounce", _bounce(recipient, subtype="Suppressed", diagnosis=SUPPRESSED_TEXT)
    else:
        yield "Delivery", _delivery(recipient)
    if role == "complaint":
        yield "Complaint", _complaint(recipient)
    if role == "ooto":
        yield "Bounce", _automatic_response(recipient)


def _delivery(recipient: str) -> Json:
    return {
        "timestamp": _now(),
        "processingTimeMillis": 1,
        "recipients": [recipient],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }


def _bounce(recipient: str, *, subtype: str, diagnosis: str) -> Json:
    failed = {"emailAddress": recipient, "action": "failed", "status": "5.1.1", "diagnosticCode": diagnosis}
    return {
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [failed],
        "timestamp": _now(),
        "feedbackId": str(uuid.uuid4()),
        "reportingMTA": "dns; amazonses.com",
    }


def _automatic_response(recipient: str) -> Json:
    """An out-of-the-office message: told "through the same method as bounces", but nothing has failed.

    "Setting up event notifications for Amazon SES"; senders have recorded type and subtype, and that the recipient
    comes without status and diagnostic code.
    """
    return {
        "bounceType": "Transient",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": recipient}],
        "timestamp": _now(),
        "feedbackId": str(uuid.uuid4()),
    }


def _complaint(recipient: str) -> Json:
    return {
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": _now(),
        "feedbackId": str(uuid.uuid4()),
        "complaintSubType": None,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _now(),
    }


def _about(mail: Mail) -> Json:
    """Return the record's mail object."""
    headers = [
        *({"name": name, "value": value} for name, value in (("From", mail["from"]), ("Subject", mail["subject"]))),
        *({"name": name, "value": ", ".join(mail[name.lower()])} for name in ("To", "Cc") if mail[name.lower()]),
        *(header for header in mail["headers"] if mail["raw"] is None),
    ]
    account, region, sender = ministack.account_id(), ministack.region(), _bare(mail["from"])
    common: Json = {
        "from": [mail["from"]],
        "to": mail["to"],
        "messageId": mail["message_id"],
        "subject": mail["subject"],
    }
    own = {tag["name"]: [tag["value"]] for tag in mail["tags"]}
    domain = sender.rpartition("@")[2]
    return {
        "timestamp": datetime.fromtimestamp(mail["taken_at"], UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "messageId": mail["message_id"],
        "source": mail["from"],
        "sourceArn": f"arn:aws:ses:{region}:{account}:identity/{domain}",
        "sendingAccountId": account,
        "destination": [_bare(recipient) for recipient in recipients(mail)],
        "headersTruncated": False,
        "headers": headers,
        "commonHeaders": common | ({"cc": mail["cc"]} if mail["cc"] else {}),
        "tags": own | {"ses:configuration-set": [mail["configuration_set"]], "ses:from-domain": [domain]},
    }


def _bare(address: str) -> str:
    return parseaddr(address)[1]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
