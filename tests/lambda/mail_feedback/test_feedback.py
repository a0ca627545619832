"""Batches of events, worked into real tables of the embedded cloud."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from mail_feedback.feedback import Feedback
from tests import mail_events as events
from tests.mail_feedback_world import FeedbackWorld, sqs_record

ANN, BOB, CAT = "ann@example.com", "bob@example.com", "cat@example.com"


def mail(request_id: str = "request", *, to: tuple[str, ...] = (ANN, BOB, CAT)) -> dict[str, Any]:
    return events.mail(to=[*to], request_id=request_id)


def work(feedback: Feedback, *bodies: dict[str, Any] | str) -> list[str]:
    return feedback.work([sqs_record(body) for body in bodies])


def test_a_record_follows_the_mail(world: FeedbackWorld, feedback: Feedback) -> None:
    world.sent("request")
    seen: list[dict[str, str]] = []
    for event in (events.send(mail()), events.delay(mail()), events.delivery(mail()), events.complaint(mail())):
        assert work(feedback, event) == []
        seen.append(world.words("request"))
    assert seen == [dict.fromkeys((ANN, BOB, CAT), word) for word in ("sent", "delayed", "delivered", "complained")]


def test_one_bounced_recipient_of_three_is_suppressed_and_the_others_are_not(
    world: FeedbackWorld, feedback: Feedback
) -> None:
    world.sent("request")
    assert work(feedback, events.bounce(mail(), to=[BOB]), events.delivery(mail(), to=[ANN, CAT])) == []
    assert world.words("request") == {ANN: "delivered", BOB: "bounced", CAT: "delivered"}
    assert world.suppressions.kept_back([ANN, BOB, CAT], subscription=False) == {BOB: "bounce"}
    entry = world.suppressions.reasons([BOB])[BOB]["bounce"]
    assert (entry.at, entry.request_id, entry.ses_message_id) == (events.epoch_ms(3), "request", "ses-1")
    assert entry.detail == "General; smtp; 550 5.1.1 user unknown"


def test_of_two_events_in_one_batch_the_higher_stands_whichever_comes_first(
    world: FeedbackWorld, feedback: Feedback
) -> None:
    batch = [events.delivery(mail()), events.bounce(mail(), to=[BOB]), events.delivery(mail()), events.send(mail())]
    work(feedback, *batch)
    assert world.words("request") == {ANN: "delivered", BOB: "bounced", CAT: "delivered"}


def test_what_the_consumer_has_written_stays(world: FeedbackWorld, feedback: Feedback) -> None:
    world.sent("request")
    before = world.record("request")
    work(feedback, events.send(mail()))
    work(feedback, events.bounce(mail()))
    after = world.record("request")
    assert after.pop("outcomes")
    assert after == before


def test_an_event_that_is_faster_than_the_record_is_kept_and_expires(world: FeedbackWorld, feedback: Feedback) -> None:
    work(feedback, events.bounce(mail()))
    assert world.words("request") == dict.fromkeys((ANN, BOB, CAT), "bounced")
    assert world.record("request").keys() == {"id", "outcomes", "expires"}
    assert int(world.record("request")["expires"]["N"]) == pytest.approx(world.now() + 30 * 86_400, abs=5)


def test_a_mail_that_no_request_of_ours_sent_suppresses_but_has_no_record(
    world: FeedbackWorld, feedback: Feedback
) -> None:
    assert work(feedback, events.bounce(mail("", to=(ANN,)))) == []
    assert world.suppressions.kept_back([ANN], subscription=False) == {ANN: "bounce"}
    assert world.dynamodb.scan(TableName=world.deliveries)["Items"] == []


def test_transient_bounces_suppress_at_the_settable_number(world: FeedbackWorld, feedback: Feedback) -> None:
    bounces = [
        events.bounce(mail(f"r{number}", to=(ANN,)), kind="Transient", feedback_id=f"f{number}") for number in range(3)
    ]
    for bounce, expected in zip(bounces, ({}, {}, {ANN: "bounce"}), strict=True):
        work(feedback, bounce, bounce)
        assert world.suppressions.kept_back([ANN], subscription=False) == expected


def test_who_is_on_the_accounts_own_list_is_told_in_the_record_alone(world: FeedbackWorld, feedback: Feedback) -> None:
    work(feedback, events.bounce(mail(), to=[ANN], subtype="OnAccountSuppressionList"))
    assert world.words("request") == {ANN: "suppressed"}
    assert list(world.suppressions.entries()) == []


def test_a_batch_reads_once_and_writes_once(world: FeedbackWorld, feedback_of: Callable[..., Feedback]) -> None:
    calls: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            return getattr(world.dynamodb, name)

    feedback = feedback_of(world, dynamodb=Counting())
    calls.clear()
    batch = [of(mail(f"r{number}")) for number in range(5) for of in (events.send, events.delivery)]
    assert work(feedback, *batch) == []
    assert calls == ["batch_get_item", "batch_execute_statement"]
    calls.clear()
    work(feedback, *batch)
    assert calls == ["batch_get_item"], "what is known already is not written again"


def test_more_requests_than_one_call_takes_are_followed(world: FeedbackWorld, feedback: Feedback) -> None:
    assert work(feedback, *(events.send(mail(f"r{number}", to=(ANN,))) for number in range(30))) == []
    assert all(world.words(f"r{number}") == {ANN: "sent"} for number in range(30))


def test_what_no_try_can_read_goes_to_the_dead_letter_queue_with_the_reason(
    world: FeedbackWorld, feedback: Feedback
) -> None:
    strange = events.bounce(mail(), to=["stranger@example.com"])
    assert work(feedback, "hello", events.delivery(mail()), strange) == []
    assert {letter["reason"] for letter in world.dead_letters() + world.dead_letters()} == {
        "UnreadableEvent",
        "UnknownRecipient",
    }
    assert world.words("request") == dict.fromkeys((ANN, BOB, CAT), "delivered")


def test_the_test_of_a_new_topic_leaves_nothing(world: FeedbackWorld, feedback: Feedback) -> None:
    assert work(feedback, "Successfully validated SNS topic for Amazon SES event publishing.") == []
    assert world.dead_letters() == []


def test_the_log_counts_events_and_names_no_address(feedback: Feedback, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="mail_feedback")
    batch = [
        events.send(mail("sent")),
        events.delivery(mail("delivered")),
        events.bounce(mail("bounced"), to=[ANN]),
        events.complaint(mail("complained"), to=[BOB]),
        events.bounce(mail("known"), to=[CAT], subtype="OnAccountSuppressionList"),
        events.reject(mail("rejected")),
        events.failure(mail("failed")),
        events.delay(mail("delayed")),
        "hello",
    ]
    work(feedback, *batch)
    told = sorted(record.event for record in caplog.records)  # type: ignore[attr-defined]
    once = ["bounced", "complained", "delayed", "delivered", "failed", "on_account_list", "rejected", "unreadable"]
    assert told == sorted([*once, "suppressed", "suppressed"])
    assert "@" not in " ".join(str(vars(record)) for record in caplog.records)


def test_every_line_about_a_mail_has_the_id_that_its_request_came_with(
    feedback: Feedback, caplog: pytest.LogCaptureFixture
) -> None:
    about = mail(to=(ANN,))
    about["tags"]["correlation_id"] = ["edge-1"]
    with caplog.at_level(logging.INFO, "mail_feedback"):
        work(feedback, events.bounce(about), events.delivery(mail("other", to=(BOB,))))
    lines = [(vars(line)["event"], vars(line)["correlation_id"]) for line in caplog.records]
    assert sorted(lines) == [("bounced", "edge-1"), ("delivered", "other"), ("suppressed", "edge-1")]
