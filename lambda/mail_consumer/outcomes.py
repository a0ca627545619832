"""What can come of the claim of a request, and of its delivery."""

from msgspec import Struct


class Sent(Struct, frozen=True):
    """SES has taken the mail."""

    ses_message_id: str
    recipients: int
    at: int
    """Epoch milliseconds."""


class Claimed(Struct, frozen=True):
    """The message is ours to send; `attempts` counts this one."""

    attempts: int
    throttles: int


class Ended(Struct, frozen=True):
    """The message has been dealt with before."""

    status: str


class Busy(Struct, frozen=True):
    """Another invocation may be sending it until then (epoch milliseconds), or the table could not be asked."""

    until: int


class Undecided(Struct, frozen=True):
    """An invocation died between claim and record: the mail may have been sent or not."""


Claim = Claimed | Ended | Busy | Undecided

Outcome = Sent | float | None
"""Sent, or seconds until the message comes back, or an end that is recorded already."""
