"""What an error of a send means for the message.

Codes and texts: Amazon SES API v2 reference, "SendEmail" (errors); developer guide, "Errors related to the sending
quotas for your Amazon SES account", "Amazon SES email sending errors" and "Common errors" of the API reference.
"""

import re
from enum import Enum

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)

from mail_common.errors import code_of


class Meaning(Enum):
    """What has to be done with a message whose send ended in an error."""

    PERMANENT = "no attempt can succeed: to the dead-letter queue"
    THROTTLED = "too fast: back off, no attempt is counted"
    OBSTACLE = "nothing can be sent for a while: wait for all"
    UNDECIDED = "nobody knows whether it was sent"
    FAILED = "this attempt failed: back off and try again"


THROTTLES = {"TooManyRequestsException", "ThrottlingException", "Throttling", "TooManyRequests", "RequestLimitExceeded"}
# MailFromDomainNotVerifiedException: the sending domain's MAIL FROM is not verified yet, DNS may only need time.
OBSTACLES = {"AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException"}
PERMANENTS = {"BadRequestException", "MessageRejected", "ValidationException", "InvalidParameterValue"}

DAILY_QUOTA = re.compile(r"daily (message|sending) quota exceeded", re.IGNORECASE)
SENDING_RATE = re.compile(r"maximum sending rate exceeded", re.IGNORECASE)
# SES names the identities that failed behind the region, with commas.
UNVERIFIED = re.compile(
    r"not verified.*?failed the check in region [\w-]+: (?P<identities>.+)", re.IGNORECASE | re.DOTALL
)

# Raised before the request has left, so that it cannot have been carried out.
NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)


def meaning(error: BaseException, *, domain: str) -> Meaning:
    """Tell what an error of SendEmail means to a project that sends for `domain`."""
    if isinstance(error, ClientError):
        return _meaning_of_answer(code_of(error), str(error), domain=domain)
    if isinstance(error, HTTPClientError) and not isinstance(error, NOT_SENT):
        return Meaning.UNDECIDED
    return Meaning.FAILED


def _meaning_of_answer(code: str, text: str, *, domain: str) -> Meaning:
    if DAILY_QUOTA.search(text) or code in OBSTACLES:
        return Meaning.OBSTACLE
    if SENDING_RATE.search(text) or code in THROTTLES:
        return Meaning.THROTTLED
    unverified = UNVERIFIED.search(text)
    if unverified and any(_of_domain(name, domain) for name in unverified["identities"].split(",")):
        return Meaning.OBSTACLE
    return Meaning.PERMANENT if code in PERMANENTS else Meaning.FAILED


def _of_domain(identity: str, domain: str) -> bool:
    return identity.strip(" .>\n").lower().rpartition("@")[2] == domain
