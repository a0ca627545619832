"""What an error of SES means for the message."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from mail_consumer.errors import Meaning, meaning
from tests.mail_records import DOMAIN

UNVERIFIED = "Email address is not verified. The following identities failed the check in region AP-NORTHEAST-1: "


def answer(code: str, text: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "SendEmail")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answer("BadRequestException"), Meaning.PERMANENT),
        (answer("MessageRejected", "Illegal content"), Meaning.PERMANENT),
        (answer("MessageRejected", UNVERIFIED + "friend@example.com"), Meaning.PERMANENT),
        (answer("MessageRejected", f"{UNVERIFIED}friend@example.com, info@{DOMAIN}"), Meaning.OBSTACLE),
        (answer("MessageRejected", f"{UNVERIFIED}Info <info@{DOMAIN}>"), Meaning.OBSTACLE),
        (answer("MessageRejected", f"{UNVERIFIED}friend@not{DOMAIN}"), Meaning.PERMANENT),
        (answer("MailFromDomainNotVerifiedException"), Meaning.OBSTACLE),
        (answer("SendingPausedException"), Meaning.OBSTACLE),
        (answer("AccountSuspendedException"), Meaning.OBSTACLE),
        (answer("ThrottlingException", "Daily message quota exceeded"), Meaning.OBSTACLE),
        (answer("LimitExceededException", "Daily message quota exceeded."), Meaning.OBSTACLE),
        (answer("ThrottlingException", "Maximum sending rate exceeded"), Meaning.THROTTLED),
        (answer("TooManyRequestsException"), Meaning.THROTTLED),
        (answer("LimitExceededException", "too many"), Meaning.FAILED),
        (answer("NotFoundException", "Configuration set <x> does not exist."), Meaning.FAILED),
        (answer("InternalFailure"), Meaning.FAILED),
        (answer("AccessDeniedException"), Meaning.FAILED),
        (ReadTimeoutError(endpoint_url="http://ses"), Meaning.UNDECIDED),
        (ConnectionClosedError(endpoint_url="http://ses"), Meaning.UNDECIDED),
        (ConnectTimeoutError(endpoint_url="http://ses"), Meaning.FAILED),
        (EndpointConnectionError(endpoint_url="http://ses"), Meaning.FAILED),
        (ValueError("anything else"), Meaning.FAILED),
    ],
)
def test_an_error_means(error: Exception, expected: Meaning) -> None:
    assert meaning(error, domain=DOMAIN) is expected
