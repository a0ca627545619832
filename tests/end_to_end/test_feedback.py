"""Bounces, complaints and unsubscribing: who gets no more mails, what the records say, and the way back."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from local.cloud import Cloud
from mail_common.suppressions import Suppressions
from operate import suppressed
from tests.end_to_end.conftest import MailPath
from tests.waiting import wait_until

BOUNCE, COMPLAINT = "bounce@simulator.amazonses.com", "complaint@simulator.amazonses.com"
ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
def lists(mail_path: MailPath) -> Iterator[suppressed.Lists]:
    """What `make suppressed` works on; afterwards the stage's list is empty."""
    own = Suppressions(client=mail_path.dynamodb, table=mail_path.outputs["SuppressionsTable"])
    yield suppressed.Lists(own=own, ses=mail_path.cloud.client("sesv2"))
    for item in mail_path.dynamodb.scan(TableName=mail_path.outputs["SuppressionsTable"])["Items"]:
        key = {"address": item["address"]}
        mail_path.dynamodb.delete_item(TableName=mail_path.outputs["SuppressionsTable"], Key=key)


def request(mail_path: MailPath, subject: str, **fields: Any) -> str:
    """Queue a request in JSON and return its message id."""
    usual = {"version": 1, "from": f"info@{mail_path.outputs['Domain']}", "subject": subject, "text": "本文"}
    body = json.dumps(usual | fields)
    return mail_path.sqs.send_message(QueueUrl=mail_path.url("Standard"), MessageBody=body)["MessageId"]


def ended(mail_path: MailPath, message_id: str) -> str:
    """Wait until a request has ended and return how."""
    ends = {"sent", "suppressed", "failed", "duplicate"}
    status = wait_until(lambda: {mail_path.delivery(message_id).get("status")} & ends, what=lambda: "no end")
    return status.pop()


def outcomes(mail_path: MailPath, message_id: str) -> dict[str, str]:
    """What SES has told of each recipient so far."""
    item = mail_path.dynamodb.get_item(
        TableName=mail_path.outputs["DeliveriesTable"], Key={"id": {"S": message_id}}, ConsistentRead=True
    ).get("Item", {})
    return {address: each["M"]["word"]["S"] for address, each in item.get("outcomes", {"M": {}})["M"].items()}


def kept_back(lists: suppressed.Lists, *words: str) -> list[str]:
    """Wait for a line of the lists with these words and return all lines with them."""
    return wait_until(lambda: [line for line in lists.lines() if all(word in line for word in words)])


def test_after_a_bounce_the_next_request_to_that_address_is_not_sent(
    mail_path: MailPath, lists: suppressed.Lists
) -> None:
    first = mail_path.put("first", to=BOUNCE)
    kept_back(lists, BOUNCE, "bounce")
    second = mail_path.put("second", to=BOUNCE)
    assert ended(mail_path, second) == "suppressed"
    assert mail_path.subjects() == ["first"]
    assert outcomes(mail_path, first) == {BOUNCE: "bounced"}
    assert mail_path.receive("StandardDeadLetter") == []


def test_of_three_recipients_only_the_one_that_bounced_gets_no_more_mails(
    mail_path: MailPath, lists: suppressed.Lists
) -> None:
    three = {"to": ["a@example.com", BOUNCE], "bcc": ["b@example.com"]}
    first = request(mail_path, "first", **three)
    kept_back(lists, BOUNCE)
    assert ended(mail_path, request(mail_path, "second", **three)) == "sent"
    second = mail_path.mails()[-1]
    assert (second["to"], second["bcc"]) == (["a@example.com"], ["b@example.com"])
    expected = {"a@example.com": "delivered", "b@example.com": "delivered", BOUNCE: "bounced"}
    wait_until(lambda: outcomes(mail_path, first) == expected, what=lambda: str(outcomes(mail_path, first)))


def test_a_complaint_stops_mails_at_once_and_the_way_back_is_a_removal(
    mail_path: MailPath, lists: suppressed.Lists
) -> None:
    first = mail_path.put("first", to=COMPLAINT)
    kept_back(lists, COMPLAINT, "complaint")
    wait_until(lambda: outcomes(mail_path, first) == {COMPLAINT: "complained"})
    assert ended(mail_path, mail_path.put("second", to=COMPLAINT)) == "suppressed"
    assert lists.remove(COMPLAINT, detail="a mistake of theirs") == ["the stage's list"]
    assert ended(mail_path, mail_path.put("third", to=COMPLAINT)) == "sent"


def test_an_event_of_the_past_does_not_undo_a_removal(mail_path: MailPath, lists: suppressed.Lists) -> None:
    """The event is published by hand, as SES does when it tells of a bounce twice."""
    event = bounce(mail_path, "friend@example.com")
    publish(mail_path, event)
    kept_back(lists, "friend@example.com")
    lists.remove("friend@example.com", detail="mended")
    publish(mail_path, event)
    marker = bounce(mail_path, "other@example.com")
    publish(mail_path, marker)
    kept_back(lists, "other@example.com")
    assert [line for line in lists.lines() if "friend@" in line] == []


def test_an_event_without_a_meaning_goes_to_the_dead_letter_queue_with_its_reason(mail_path: MailPath) -> None:
    publish(mail_path, {"eventType": "Mystery", "mail": {"messageId": uuid4().hex}})
    (letter,) = mail_path.dead_letters("Feedback")
    assert letter["MessageAttributes"]["FailureReason"]["StringValue"]
    assert "Mystery" in letter["Body"]


def test_who_unsubscribes_by_one_click_gets_no_more_news_but_still_a_sign_in_link(
    mail_path: MailPath, lists: suppressed.Lists, cloud: Cloud
) -> None:
    news = {"to": ["reader@example.com"], "unsubscribe": True}
    assert ended(mail_path, request(mail_path, "News 1", **news)) == "sent"
    headers = {header["name"]: header["value"] for header in mail_path.mails()[0]["headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(headers["List-Unsubscribe"].strip("<>"))
    path = f"{link.path}?{link.query}"
    cloud.edge.look_again()
    page = cloud.edge.request("GET", path, tls=True)
    assert (page.status, "<button" in page.text, page.headers["cache-control"]) == (200, True, "no-store")
    assert [*lists.lines()] == [], "reading the page changes nothing: programs look at links too"
    form = {"content-type": "application/x-www-form-urlencoded"}
    done = cloud.edge.request("POST", path, headers=form, body=ONE_CLICK, tls=True)
    assert done.status == 200
    kept_back(lists, "reader@example.com", "unsubscribe")
    assert ended(mail_path, request(mail_path, "News 2", **news)) == "suppressed"
    assert ended(mail_path, request(mail_path, "Sign in", to=["reader@example.com"])) == "sent"
    assert mail_path.subjects() == ["News 1", "Sign in"]


def test_a_link_that_somebody_has_changed_unsubscribes_nobody(lists: suppressed.Lists, cloud: Cloud) -> None:
    cloud.edge.look_again()
    for token in ("", "bm9ib2R5.bWFj", "%00", "x" * 3000):
        answer = cloud.edge.request("POST", f"/unsubscribe?token={token}", body=ONE_CLICK, tls=True)
        assert (answer.status, answer.headers["x-cache"].startswith("Hit")) == (400, False)
    assert [*lists.lines()] == []


def test_while_the_configuration_set_is_disabled_requests_wait_and_are_sent_afterwards(mail_path: MailPath) -> None:
    """A spent reputation disables it, where the stage says so; the embedded cloud evaluates no alarms."""
    set_sending(mail_path, enabled=False)
    try:
        message_id = mail_path.put("patience")
        wait_until(lambda: "paused" in mail_path.sending(), what=lambda: str(mail_path.delivery(message_id)))
    finally:
        set_sending(mail_path, enabled=True)
    mail_path.cloud.end_visibility_timeouts()
    wait_until(lambda: mail_path.check_resume() or "paused" not in mail_path.sending())
    mail_path.cloud.end_visibility_timeouts()
    assert mail_path.sent(1) == ["patience"]


def set_sending(mail_path: MailPath, *, enabled: bool) -> None:
    mail_path.cloud.client("sesv2").put_configuration_set_sending_options(
        ConfigurationSetName=mail_path.outputs["ConfigurationSet"], SendingEnabled=enabled
    )


def bounce(mail_path: MailPath, address: str) -> dict[str, Any]:
    """A permanent bounce as SES tells it."""
    return {
        "eventType": "Bounce",
        "mail": {
            "timestamp": "2026-11-24T00:00:00.000Z",
            "messageId": uuid4().hex,
            "source": f"info@{mail_path.outputs['Domain']}",
            "destination": [address],
            "tags": {"request_id": [str(uuid4())]},
        },
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": address, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}],
            "timestamp": "2026-11-24T00:00:01.000Z",
            "feedbackId": uuid4().hex,
        },
    }


def publish(mail_path: MailPath, event: dict[str, Any]) -> None:
    topic = mail_path.outputs["FeedbackTopic"]
    mail_path.cloud.client("sns").publish(TopicArn=topic, Message=json.dumps(event))
