"""Event records of SES ("Examples of event data that Amazon SES publishes to Amazon SNS"), as tests vary them."""

from datetime import UTC, datetime
from typing import Any

SENT_AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def iso(seconds: float) -> str:
    """A time so many seconds after the mail was sent, as SES writes it."""
    at = datetime.fromtimestamp(SENT_AT.timestamp() + seconds, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_ms(seconds: float) -> int:
    """The same in epoch milliseconds."""
    return round((SENT_AT.timestamp() + seconds) * 1000)


def mail(*, to: list[str], request_id: str = "", message_id: str = "ses-1") -> dict[str, Any]:
    """The mail that an event is about."""
    own = {"request_id": [request_id]} if request_id else {}
    return {
        "timestamp": iso(0),
        "messageId": message_id,
        "source": "Sender <info@mail.test>",
        "sourceArn": "arn:aws:ses:ap-northeast-1:000000000000:identity/mail.test",
        "sendingAccountId": "000000000000",
        "destination": to,
        "headersTruncated": False,
        "headers": [{"name": "To", "value": ", ".join(to)}],
        "commonHeaders": {"from": ["Sender <info@mail.test>"], "to": to, "messageId": message_id, "subject": "Hello"},
        "tags": {"ses:configuration-set": ["mail"], "ses:from-domain": ["mail.test"], **own},
    }


def send(about: dict[str, Any]) -> dict[str, Any]:
    """SES has taken the mail."""
    return {"eventType": "Send", "mail": about, "send": {}}


def delivery(about: dict[str, Any], *, to: list[str] | None = None, at: float = 2) -> dict[str, Any]:
    """The mail was delivered, to all its recipients or to some."""
    detail = {
        "timestamp": iso(at),
        "processingTimeMillis": 1,
        "recipients": about["destination"] if to is None else to,
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }
    return {"eventType": "Delivery", "mail": about, "delivery": detail}


def bounce(
    about: dict[str, Any],
    *,
    to: list[str] | None = None,
    at: float = 3,
    kind: str = "Permanent",
    subtype: str = "General",
    feedback_id: str = "",
    **said: str,
) -> dict[str, Any]:
    """The mail came back; `said` are the fields that the receiving server's report gives."""
    known = said or {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    recipients = about["destination"] if to is None else to
    detail = {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": address, **known} for address in recipients],
        "timestamp": iso(at),
        "feedbackId": feedback_id or f"feedback-{at}",
        "reportingMTA": "dsn; mta.example.com",
    }
    return {"eventType": "Bounce", "mail": about, "bounce": detail}


def complaint(
    about: dict[str, Any],
    *,
    to: list[str] | None = None,
    at: float = 4,
    subtype: str | None = None,
    kind: str = "abuse",
) -> dict[str, Any]:
    """Somebody complains about the mail."""
    detail = {
        "complainedRecipients": [{"emailAddress": address} for address in about["destination"] if not to]
        or [{"emailAddress": address} for address in to or []],
        "timestamp": iso(at),
        "feedbackId": "feedback-2",
        "complaintSubType": subtype,
        "userAgent": "ExampleCorp Feedback Loop (V0.01)",
        "complaintFeedbackType": kind,
        "arrivalDate": iso(at),
    }
    return {"eventType": "Complaint", "mail": about, "complaint": detail}


def delay(about: dict[str, Any], *, at: float = 1) -> dict[str, Any]:
    """The mail is on its way for longer than usual."""
    detail = {
        "timestamp": iso(at),
        "delayType": "TransientCommunicationFailure",
        "delayedRecipients": [
            {"emailAddress": address, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect"}
            for address in about["destination"]
        ],
        "expirationTime": iso(50_400),
        "reportingMTA": "a48-53.smtp-out.amazonses.com",
    }
    return {"eventType": "DeliveryDelay", "mail": about, "deliveryDelay": detail}


def reject(about: dict[str, Any]) -> dict[str, Any]:
    """SES has found a virus."""
    return {"eventType": "Reject", "mail": about, "reject": {"reason": "Bad content"}}


def failure(about: dict[str, Any]) -> dict[str, Any]:
    """A template and its data do not fit."""
    detail = {"templateName": "hello", "errorMessage": "Attribute 'name' is not present in the rendering data."}
    return {"eventType": "Rendering Failure", "mail": about, "failure": detail}
