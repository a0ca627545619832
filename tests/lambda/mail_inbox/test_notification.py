"""What SES tells of a mail, and what is no such thing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_inbox.notification import NotificationError, read
from tests.received_mails import BUCKET, SUPPORT, notification, told


def test_a_notification_says_what_was_received_and_where_it_is() -> None:
    found = read(told(message_id="d6iitobk75ur44p8kdnnp7g2n800", key="mails/d6", spam="FAIL"), bucket=BUCKET)
    assert (found.id, found.key, found.source) == ("d6iitobk75ur44p8kdnnp7g2n800", "mails/d6", "hana@example.com")
    assert found.received_at == 1_793_588_645_678
    assert found.receipt.recipients == [SUPPORT]
    assert found.verdicts == {"spam": "FAIL", "virus": "PASS", "spf": "PASS", "dkim": "PASS", "dmarc": "PASS"}


def test_a_mail_without_a_sender_has_an_empty_one() -> None:
    assert read(told(source=None), bucket=BUCKET).source == ""


def test_a_check_that_was_not_made_has_no_outcome() -> None:
    event = notification()
    del event["receipt"]["dmarcVerdict"]
    assert read(json.dumps(event), bucket=BUCKET).verdicts["dmarc"] == ""


def without(*path: str) -> dict[str, Any]:
    event: dict[str, Any] = notification()
    place = event
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return event


@pytest.mark.parametrize(
    "event",
    [
        without("mail"),
        without("mail", "messageId"),
        without("mail", "timestamp"),
        without("receipt", "recipients"),
        without("receipt", "action", "bucketName"),
        without("receipt", "action", "objectKey"),
        notification() | {"notificationType": "Bounce"},
        notification(message_id="../other"),
        notification(message_id="a/b"),
        notification(message_id=""),
        notification(message_id="m" * 129),
        notification(message_id="m1\n"),
    ],
)
def test_a_notification_that_lacks_something_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(NotificationError) as caught:
        read(json.dumps(event), bucket=BUCKET)
    assert caught.value.code == "BadNotification"


def test_a_mail_in_another_bucket_is_refused() -> None:
    with pytest.raises(NotificationError, match="the mail is in 'other', expected 'inbox'") as caught:
        read(told(bucket="other"), bucket=BUCKET)
    assert caught.value.code == "ForeignBucket"


@given(
    st.text()
    | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)).map(
        json.dumps
    )
)
def test_nothing_but_a_refusal_escapes(body: str) -> None:
    with pytest.raises(NotificationError):
        read(body, bucket=BUCKET)


def test_a_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(NotificationError):
        read("\ud800", bucket=BUCKET)
