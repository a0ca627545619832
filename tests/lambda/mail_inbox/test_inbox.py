"""A received mail to its end: recorded, judged, and taken along its routes."""

import json
import logging
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from mail_consumer.checks import check
from mail_consumer.compose import check_sender
from mail_consumer.request import parse
from mail_inbox.forwarding import own_address
from mail_inbox.settings import Route, Verdicts
from tests.inbox_world import InboxWorld
from tests.received_mails import DOMAIN, RECEIVING, REPORTS, SUPPORT, file, gzipped_report, mail, multipart, report_mail


def test_a_mail_gets_a_record_of_what_is_known_of_it(world: InboxWorld) -> None:
    raw = multipart(({"Content-Type": "text/plain"}, b"see"), file(b"x" * 100, name="a.pdf", kind="application/pdf"))
    message = world.receive(raw, spf="GRAY")
    assert world.take(message) == []
    record = world.record(message)
    assert record.pop("id").startswith("m-")
    assert record.pop("s3_key").startswith("m-")
    assert record.pop("routes")["support"].startswith("queued ")
    assert 29 * 86_400 < int(record.pop("expires")) - world.now() < 31 * 86_400
    assert record == {
        "status": "stored",
        "received_at": 1_793_588_645_678,
        "from": "Hana Sato <hana@example.com>",
        "to": [SUPPORT],
        "envelope": [SUPPORT],
        "subject": "A question",
        "size": len(raw),
        "verdicts": {"spam": "PASS", "virus": "PASS", "spf": "GRAY", "dkim": "PASS", "dmarc": "PASS"},
        "attachments": [{"name": "a.pdf", "type": "application/pdf", "size": 100}],
    }


def test_a_mail_is_sent_on_by_a_request_that_the_consumer_takes(world: InboxWorld) -> None:
    record = world.result(mail(b"the body"))
    [request] = world.requests()
    assert request == {
        "version": 1,
        "from": own_address(DOMAIN),
        "to": ["hana@example.com"],
        "subject": "A question",
        "raw_s3_key": f"inbox/{record['id']}/support.eml",
        "idempotency_key": f"inbox-{record['id']}-support",
    }
    sent = message_from_bytes(world.sent_on(request), policy=default)
    assert sent["Reply-To"] == "Hana Sato <hana@example.com>"
    assert sent["X-Loop"] == SUPPORT
    assert sent.get_payload() == "the body"


@pytest.mark.parametrize("subject", ["", "s" * 900, "=?utf-8?q?a=0D=0ABcc:_x@example.com?=", "\x00\x1b", "件名"])
def test_whatever_its_subject_the_consumer_takes_the_request(world: InboxWorld, subject: str) -> None:
    world.result(mail(fields={"Subject": subject}))
    [message] = world.sqs.receive_message(QueueUrl=world.mail_queue)["Messages"]
    request = check(parse(body=message["Body"], attributes={}), domain=DOMAIN, site_url="")
    assert len(request.subject) <= 500
    check_sender(world.sent_on(json.loads(message["Body"])), domain=DOMAIN)


def test_a_mail_is_told_to_a_topic(world: InboxWorld) -> None:
    raw = mail()
    record = world.result(raw, inbox=world.inbox(world.published()))
    assert record["routes"] == {"told": "published"}
    assert world.announced() == [
        {
            "id": record["id"],
            "from": "Hana Sato <hana@example.com>",
            "envelope": [SUPPORT],
            "subject": "A question",
            "received_at": 1_793_588_645_678,
            "bucket": world.name,
            "key": record["s3_key"],
            "size": len(raw),
            "verdicts": record["verdicts"],
        }
    ]


def test_a_mail_takes_every_route_that_is_for_one_of_its_recipients(world: InboxWorld) -> None:
    inbox = world.inbox(
        Route(name="first", recipients=(SUPPORT,), forward_to=("a@example.com", "b@example.com")),
        world.published(name="all", recipients=(f"@{RECEIVING}",), forward_to=("c@example.com",)),
        Route(name="other", recipients=(f"sales@{RECEIVING}",), forward_to=("d@example.com",)),
    )
    record = world.result(recipients=[f"x@{RECEIVING}", SUPPORT.upper()], inbox=inbox)
    assert sorted(record["routes"]) == ["all", "first"]
    assert record["routes"]["all"].endswith(", published")
    requests = sorted(world.requests(), key=lambda request: request["idempotency_key"])
    assert [request["to"] for request in requests] == [["c@example.com"], ["a@example.com", "b@example.com"]]
    loops = [message_from_bytes(world.sent_on(request))["X-Loop"] for request in requests]
    assert loops == [f"x@{RECEIVING}", SUPPORT.upper()]


def test_a_mail_for_which_there_is_no_route_is_stored(world: InboxWorld) -> None:
    record = world.result(recipients=[f"nobody@{RECEIVING}"])
    assert (record["status"], record["routes"]) == ("stored", {})


def test_a_mail_that_was_sent_on_comes_back_and_is_not_sent_on_again(world: InboxWorld) -> None:
    world.result()
    [request] = world.requests()
    record = world.result(world.sent_on(request))
    assert (record["status"], record["routes"]) == ("stored", {"support": "looped"})
    assert world.requests() == []


def test_an_automatic_answer_is_told_to_a_topic_but_not_sent_on(world: InboxWorld) -> None:
    route = world.published(forward_to=("a@example.com",))
    record = world.result(mail(fields={"Auto-Submitted": "auto-replied"}), inbox=world.inbox(route))
    assert record["routes"] == {"told": "auto-reply, published"}
    assert world.requests() == []


def test_a_bounce_is_not_sent_on(world: InboxWorld) -> None:
    assert world.result(source="<>")["routes"] == {"support": "auto-reply"}
    assert world.result(source=None)["routes"] == {"support": "auto-reply"}


def test_a_mail_that_is_too_large_to_be_sent_is_stored(world: InboxWorld) -> None:
    raw = mail(b"x" * 2000)
    assert world.result(raw, inbox=world.inbox(max_forward_bytes=1999))["routes"] == {"support": "too large"}
    assert world.requests() == []


@pytest.mark.parametrize(
    ("failed", "status"), [("spam", "quarantined"), ("virus", "dropped"), ("dmarc", "quarantined"), ("spf", "stored")]
)
def test_a_mail_that_failed_a_check_ends_as_the_settings_say(world: InboxWorld, failed: str, status: str) -> None:
    verdicts: dict[str, Any] = {failed: "FAIL"}
    message = world.receive(**verdicts)
    assert world.take(message) == []
    record = world.record(message)
    assert record["status"] == status
    assert record["subject"] == "A question"
    assert world.kept(message) == mail()
    kept_back = status != "stored"
    assert ("routes" not in record, world.requests() == []) == (kept_back, kept_back)
    if kept_back:
        assert (record["reason"], record["detail"]) == ("Verdict", f"failed: {failed}")


def test_every_verdict_can_be_accepted(world: InboxWorld) -> None:
    accept = Verdicts(spam="accept", virus="accept", spf="accept", dkim="accept", dmarc="accept")
    checks: dict[str, Any] = dict.fromkeys(("spam", "virus", "spf", "dkim", "dmarc"), "FAIL")
    assert world.result(inbox=world.inbox(verdicts=accept), **checks)["status"] == "stored"


def test_what_cannot_be_read_but_failed_a_check_ends_by_the_check(world: InboxWorld) -> None:
    assert world.result(b"no header", virus="FAIL")["status"] == "dropped"


def test_a_report_is_summarized_in_the_record_and_the_log(world: InboxWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="mail_inbox")
    record = world.result(report_mail(gzipped_report()), recipients=[REPORTS.upper()])
    assert record["status"] == "stored"
    summary = record["dmarc"]["report.xml.gz"]
    assert (summary["organisation"], summary["domain"], summary["messages"]) == ("Example Mail", DOMAIN, 5)
    assert summary["disposition"] == {"none": 3, "reject": 2}
    [line] = [line for line in caplog.records if vars(line).get("event") == "dmarc_report"]
    assert (vars(line)["organisation"], vars(line)["messages"]) == ("Example Mail", 5)


def test_a_hostile_report_is_unreadable_and_takes_no_route(world: InboxWorld) -> None:
    route = Route(name="all", recipients=(f"@{RECEIVING}",), forward_to=("a@example.com",))
    bomb = gzipped_report(prolog='<!DOCTYPE x [<!ENTITY a "b">]>')
    record = world.result(report_mail(bomb), recipients=[REPORTS], inbox=world.inbox(route))
    assert (record["status"], record["reason"]) == ("unreadable", "BadReport")
    assert record["detail"].startswith("report.xml.gz: DTDForbidden")
    assert world.requests() == []


def test_a_letter_to_the_address_for_reports_takes_its_routes(world: InboxWorld) -> None:
    route = Route(name="all", recipients=(f"@{RECEIVING}",), forward_to=("a@example.com",))
    record = world.result(recipients=[REPORTS], inbox=world.inbox(route))
    assert (record["status"], "dmarc" in record) == ("stored", False)
    assert len(world.requests()) == 1


def test_a_report_to_another_address_is_a_mail_like_any_other(world: InboxWorld) -> None:
    assert "dmarc" not in world.result(report_mail(gzipped_report()))


def test_a_log_line_tells_of_no_address_subject_or_file(world: InboxWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="mail_inbox")
    route = world.published(forward_to=("answers@example.net",))
    inbox = world.inbox(route)
    for fields in ({}, {"Precedence": "bulk"}, {"X-Loop": SUPPORT}):
        world.result(multipart(file(b"x", name="secret.pdf"), fields=fields), inbox=inbox)
    world.result(b"no header", inbox=inbox)
    world.result(spam="FAIL", inbox=inbox)
    world.take(world.message(bucket="other"), inbox=inbox)
    events = {vars(line)["event"] for line in caplog.records}
    assert events == {
        *("received", "forwarded", "published", "auto_reply", "looped", "unreadable", "quarantined", "rejected")
    }
    texts = " ".join(str(vars(line)) for line in caplog.records)
    assert not any(word in texts for word in ("@", "question", "secret", "Hana"))
