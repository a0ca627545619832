"""Sends a mail into an embedded cloud by SMTP, as the mail server of whoever writes it does."""

import smtplib
import ssl
from dataclasses import dataclass, field

from local.clients import HOST
from local.cloud import Cloud
from local.servers.authority import CA_FILE

SECONDS = 60
"""How long an answer may take; a mail of 40 MB takes a few."""
OK = 250


class RefusedError(Exception):
    """SES does not take the mail; its text is SES's answer."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A mail that SES has taken."""

    message_id: str
    """By SES; the S3 object and the record of the mail go by it."""
    refused: dict[str, str] = field(default_factory=dict[str, str])
    """Recipients that SES did not take, each with its answer."""


def send(cloud: Cloud, raw: bytes, *, sender: str, recipients: list[str], tls: bool = True) -> Accepted:
    """Send a mail in; without a sender as a bounce."""
    with smtplib.SMTP(HOST, cloud.smtp_port, timeout=SECONDS) as connection:
        connection.ehlo()
        if tls:
            connection.starttls(context=ssl.create_default_context(cafile=str(CA_FILE)))
            connection.ehlo()
        _checked(connection.mail(sender))
        answers = {recipient: connection.rcpt(recipient) for recipient in recipients}
        refused = {each: _text(answer) for each, answer in answers.items() if answer[0] != OK}
        if len(refused) == len(answers):
            raise RefusedError("; ".join(refused.values()))
        # Lines end in CR LF, whatever they end in here: RFC 5321, 2.3.8.
        answer = _checked(connection.data(b"\r\n".join(raw.splitlines()) + b"\r\n"))
    return Accepted(message_id=answer.rpartition(" ")[2], refused=refused)


def _checked(answer: tuple[int, bytes]) -> str:
    if answer[0] != OK:
        raise RefusedError(_text(answer))
    return _text(answer)


def _text(answer: tuple[int, bytes]) -> str:
    return f"{answer[0]} {answer[1].decode(errors='replace')}"
