"""Mail comes in by SMTP when a rule of the active set is for its recipient, and is refused otherwise."""

import email
import smtplib
from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import HOST, Cloud
from local.smtp import RefusedError, send
from tests.local.inbox import MAIL, Inbox

MEGABYTE = 1024 * 1024


@pytest.fixture
def inbox(cloud: Cloud) -> Iterator[Inbox]:
    """An inbox whose rule set is active until the test is over."""
    made = Inbox(cloud)
    yield made
    made.ses.set_active_receipt_rule_set()
    cloud.ses.reset()


def test_a_mail_is_stored_under_its_id_with_the_headers_of_ses_above_its_own(inbox: Inbox) -> None:
    message_id = inbox.send()
    stored = inbox.stored(message_id)
    assert stored.endswith(MAIL % inbox.domain.encode())
    headers = email.message_from_bytes(stored)
    assert list(headers.keys())[:7] == [
        "Return-Path",
        "Received",
        "X-SES-Spam-Verdict",
        "X-SES-Virus-Verdict",
        "Received-SPF",
        "Authentication-Results",
        "X-SES-RECEIPT",
    ]
    assert headers["Return-Path"] == "<hana@example.org>"
    assert f"with SMTP id {message_id}" in headers["Received"]
    assert "spf=pass" in headers["Authentication-Results"]


def test_a_mail_without_a_sender_is_taken_as_the_bounce_that_it_is(inbox: Inbox) -> None:
    notification = inbox.notification(sender="")
    assert notification["mail"]["source"] == ""
    assert email.message_from_bytes(inbox.stored(notification["mail"]["messageId"]))["Return-Path"] == "<>"


@pytest.mark.parametrize(
    ("condition", "local", "subdomain", "taken"),
    [
        ("{domain}", "anybody", "", True),
        ("{domain}", "anybody", "sub.", False),
        (".{domain}", "anybody", "sub.", True),
        (".{domain}", "anybody", "", False),
        ("hello@{domain}", "hello", "", True),
        ("hello@{domain}", "Hello", "", True),
        ("hello@{domain}", "hello+label", "", True),
        ("hello+label@{domain}", "hello", "", False),
        ("hello@{domain}", "other", "", False),
    ],
)
def test_a_condition_is_an_address_a_domain_or_its_subdomains(
    inbox: Inbox, condition: str, local: str, subdomain: str, taken: bool
) -> None:
    inbox.ses.delete_receipt_rule(RuleSetName=inbox.name, RuleName="store")
    inbox.add_rule("store", Recipients=[condition.format(domain=inbox.domain)])
    recipient = f"{local}@{subdomain}{inbox.domain}"
    if taken:
        assert inbox.stored(inbox.send(to=[recipient]))
    else:
        with pytest.raises(RefusedError, match=r"^550 5\.1\.1"):
            inbox.send(to=[recipient])


def test_a_rule_without_conditions_is_for_verified_domains_only(inbox: Inbox) -> None:
    inbox.ses.delete_receipt_rule(RuleSetName=inbox.name, RuleName="store")
    inbox.add_rule("store", Recipients=[])
    assert inbox.send(to=[f"anybody@{inbox.domain}"])
    with pytest.raises(RefusedError, match=r"^550 5\.1\.1"):
        inbox.send(to=["anybody@stranger.example"])


def test_no_mail_is_taken_without_an_active_set_or_by_a_disabled_rule(inbox: Inbox) -> None:
    inbox.ses.set_active_receipt_rule_set()
    with pytest.raises(RefusedError, match=r"^550 5\.1\.1"):
        inbox.send()
    inbox.ses.set_active_receipt_rule_set(RuleSetName=inbox.name)
    inbox.ses.delete_receipt_rule(RuleSetName=inbox.name, RuleName="store")
    inbox.add_rule("store", Enabled=False)
    with pytest.raises(RefusedError, match=r"^550 5\.1\.1"):
        inbox.send()


def test_a_mail_reaches_those_of_its_recipients_that_there_is_a_rule_for(inbox: Inbox) -> None:
    stranger = "stranger@elsewhere.example"
    sent = send(inbox.cloud, b"Subject: x\n\nx", sender="a@example.org", recipients=[inbox.address, stranger])
    assert list(sent.refused) == [stranger]
    assert inbox.stored(sent.message_id)


@pytest.mark.parametrize("policy", ["Require", "Optional"])
def test_a_rule_that_requires_tls_takes_nothing_in_the_clear(inbox: Inbox, policy: str) -> None:
    inbox.ses.delete_receipt_rule(RuleSetName=inbox.name, RuleName="store")
    inbox.add_rule("store", TlsPolicy=policy)
    envelope: dict[str, Any] = {"sender": "a@example.org", "recipients": [inbox.address]}
    assert send(inbox.cloud, b"Subject: x\n\nx", **envelope)
    if policy == "Require":
        with pytest.raises(RefusedError, match=r"^530 .*STARTTLS"):
            send(inbox.cloud, b"Subject: x\n\nx", tls=False, **envelope)
    else:
        assert send(inbox.cloud, b"Subject: x\n\nx", tls=False, **envelope)


def test_a_mail_of_40_megabytes_is_taken_and_a_larger_one_is_not(inbox: Inbox) -> None:
    line = b"x" * 998 + b"\r\n"
    large = b"Subject: large\r\n\r\n" + line * (39 * MEGABYTE // len(line))
    assert inbox.stored(inbox.send(large)).endswith(large)
    with pytest.raises(RefusedError, match=r"^552"):
        inbox.send(large + line * (2 * MEGABYTE // len(line)))


def test_a_leading_dot_and_bytes_outside_ascii_come_through(inbox: Inbox) -> None:
    raw = "Subject: ピクニック\r\n\r\n.\r\n..a\r\nÄ\r\n".encode()
    assert inbox.stored(inbox.send(raw)).endswith(raw)


def test_the_server_calls_itself_as_ses_does_and_asks_nobody_to_sign_in(inbox: Inbox) -> None:
    with smtplib.SMTP(HOST, inbox.cloud.smtp_port) as connection:
        connection.ehlo()
        assert connection.ehlo_resp is not None
        assert connection.ehlo_resp.startswith(b"inbound-smtp.ap-northeast-1.amazonaws.com")
        assert connection.has_extn("starttls")
        assert not connection.has_extn("auth")
