from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.local.conftest import Send


def _headers(*headers: tuple[str, str]) -> dict[str, Any]:
    return {"simple": {"Headers": [{"Name": name, "Value": value} for name, value in headers]}}


def _attachment(name: str, content: bytes = b"content") -> dict[str, Any]:
    return {"simple": {"Attachments": [{"FileName": name, "RawContent": content}]}}


REFUSED: dict[str, dict[str, Any]] = {
    "more than 50 recipients": {"to": [f"{number}@example.org" for number in range(51)]},
    "no recipient": {"Destination": {"ToAddresses": []}},
    "a recipient that is no address": {"to": ["reader"]},
    "a recipient with a line break": {"to": ["reader@example.org\r\nBcc: other@example.org"]},
    "a recipient beyond ASCII": {"to": ["読者@example.org"]},
    "a subject with a line feed": {"simple": {"Subject": {"Data": "Hello\nBcc: other@example.org"}}},
    "a subject with a carriage return at its end": {"simple": {"Subject": {"Data": "Hello\r"}}},
    "an unknown charset": {"simple": {"Subject": {"Data": "Hello", "Charset": "klingon"}}},
    "16 headers": _headers(*((f"X-{number}", "value") for number in range(16))),
    "a header with a line break": _headers(("X-Kind", "test\r\nBcc: other@example.org")),
    "a header beyond ASCII": _headers(("X-Kind", "試験")),
    "a header name with a colon": _headers(("X:Kind", "test")),
    "a header name of 127 characters": _headers(("X" * 127, "test")),
    "a header value of 996 characters": _headers(("X", "v" * 996)),
    "a header line of 997 characters": _headers(("X-Kind", "v" * 991)),
    "a header that SES sets itself": _headers(("subject", "Hello")),
    "a tag with a space": {"EmailTags": [{"Name": "kind", "Value": "a test"}]},
    "an attachment that SES does not support": _attachment("program.EXE"),
    "more than 40 MB": _attachment("large.bin", bytes(31 * 1024 * 1024)),
    "a raw message with a line of 1001 bytes": {
        "Content": {"Raw": {"Data": b"From: sender@example.com\r\nTo: a@example.org\r\n\r\n" + b"x" * 1001}}
    },
    "no content": {"Content": {}},
}

TAKEN: dict[str, dict[str, Any]] = {
    "50 recipients": {"to": [f"{number}@example.org" for number in range(50)]},
    "15 headers": _headers(*((f"X-{number}", "value") for number in range(15))),
    "a header line of 996 characters": _headers(("X-Kind", "v" * 990)),
    "more than the 10 MB of the older API": _attachment("large.bin", bytes(11 * 1024 * 1024)),
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_request_is_refused(cloud: Cloud, send: Send, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="BadRequestException"):
        send(**request_)
    assert cloud.ses.mails() == []


@pytest.mark.parametrize("request_", TAKEN.values(), ids=TAKEN.keys())
def test_a_request_at_a_limit_is_taken(send: Send, request_: dict[str, Any]) -> None:
    assert send(**request_)


def test_an_unknown_configuration_set_is_not_found(send: Send) -> None:
    with pytest.raises(ClientError, match=r"NotFoundException.*Configuration set <missing> does not exist"):
        send(ConfigurationSetName="missing")


def test_an_unverified_sender_is_rejected(send: Send) -> None:
    with pytest.raises(
        ClientError, match=r"MessageRejected.*Email address is not verified.*AP-NORTHEAST-1: a@b.example"
    ):
        send(FromEmailAddress="a@b.example")


def test_a_domain_whose_verification_is_lost_is_rejected_until_it_is_back(cloud: Cloud, send: Send) -> None:
    cloud.ses.identity("example.com", verified=False)
    with pytest.raises(ClientError, match="MessageRejected"):
        send()
    cloud.ses.identity("example.com")
    assert send()


def test_the_sandbox_rejects_unverified_recipients_by_name(cloud: Cloud, ses: Any, send: Send) -> None:
    cloud.ses.settings(production_access=False)
    ses.create_email_identity(EmailIdentity="known@example.net")
    assert not ses.get_account()["ProductionAccessEnabled"]
    assert send(to=["known@example.net", "success@simulator.amazonses.com"])
    with pytest.raises(
        ClientError, match=r"MessageRejected.*failed the check in region AP-NORTHEAST-1: new@example.net$"
    ):
        send(to=["known@example.net", "new@example.net"])


def test_sending_can_be_paused_for_the_account(cloud: Cloud, ses: Any, send: Send) -> None:
    ses.put_account_sending_attributes(SendingEnabled=False)
    assert cloud.ses.settings()["sending_enabled"] is False
    with pytest.raises(ClientError, match="SendingPausedException"):
        send()
    ses.put_account_sending_attributes(SendingEnabled=True)
    assert send()


def test_sending_can_be_paused_for_a_configuration_set(ses: Any, send: Send) -> None:
    ses.create_configuration_set(ConfigurationSetName="paused", SendingOptions={"SendingEnabled": False})
    with pytest.raises(ClientError, match="SendingPausedException"):
        send(ConfigurationSetName="paused")
    assert send()


def test_a_mail_from_domain_must_be_verified_where_the_identity_says_so(cloud: Cloud, ses: Any, send: Send) -> None:
    resource: dict[str, Any] = {"MailFromDomain": "bounce.strict.example", "BehaviorOnMxFailure": "REJECT_MESSAGE"}
    ses.create_email_identity(EmailIdentity="strict.example")
    ses.put_email_identity_mail_from_attributes(EmailIdentity="strict.example", **resource)
    cloud.ses.identity("strict.example", mail_from_verified=False)
    with pytest.raises(ClientError, match="MailFromDomainNotVerifiedException"):
        send(FromEmailAddress="a@strict.example")
    cloud.ses.identity("strict.example", mail_from_verified=True)
    assert send(FromEmailAddress="a@strict.example")
