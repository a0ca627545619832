"""Batches of events, worked into real tables of the embedded cloud."""

import json
import logging
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

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


class Failing:
    """A client of which one call fails."""

    def __init__(self, client: Any, call: str) -> None:
        self._client = client
        self._call = call

    def __getattr__(self, name: str) -> Any:
        if name == self._call:
            error = ClientError({"Error": {"Code": "InternalServerError"}}, name)
            return lambda **_: (_ for _ in ()).throw(error)
        return getattr(self._client, name)


@pytest.mark.parametrize("call", ["batch_get_item", "batch_execute_statement"])
def test_events_come_back_while_records_cannot_be_written(
    world: FeedbackWorld, feedback_of: Callable[..., Feedback], call: str
) -> None:
    feedback = feedback_of(world, dynamodb=Failing(world.dynamodb, call))
    records = [sqs_record(events.bounce(mail(request_id, to=(ANN,)))) for request_id in ("request", "")]
    assert feedback.work(records) == [records[0]["messageId"]]
    assert world.suppressions.kept_back([ANN], subscription=False) == {ANN: "bounce"}


def test_only_the_bounce_comes_back_while_addresses_cannot_be_suppressed(
    world: FeedbackWorld, feedback_of: Callable[..., Feedback]
) -> None:
    feedback = feedback_of(world, dynamodb=Failing(world.dynamodb, "update_item"))
    records = [sqs_record(of(mail())) for of in (events.send, events.bounce)]
    assert feedback.work(records) == [records[1]["messageId"]]


def test_an_unreadable_event_comes_back_while_it_cannot_be_put_aside(
    world: FeedbackWorld, feedback_of: Callable[..., Feedback]
) -> None:
    feedback = feedback_of(world, sqs=Failing(world.sqs, "send_message"))
    records = [sqs_record("hello"), sqs_record(events.send(mail()))]
    assert feedback.work(records) == [records[0]["messageId"]]


def test_what_dynamodb_has_not_come_to_is_read_again(
    world: FeedbackWorld, feedback_of: Callable[..., Feedback]
) -> None:
    class Busy:
        first = True

        def __getattr__(self, name: str) -> Any:
            return getattr(world.dynamodb, name)

        def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
            if self.first:
                self.first = False
                return {"Responses": {}, "UnprocessedKeys": RequestItems}
            return world.dynamodb.batch_get_item(RequestItems=RequestItems)

    world.sent("request")
    assert work(feedback_of(world, dynamodb=Busy()), events.send(mail())) == []
    assert world.words("request") == dict.fromkeys((ANN, BOB, CAT), "sent")


def test_two_invocations_at_a_time_lose_nothing_of_each_other(
    world: FeedbackWorld, feedback: Feedback, feedback_of: Callable[..., Feedback]
) -> None:
    class Overtaken:
        """Another invocation works its event between this one's read and its write."""

        others: ClassVar = [events.bounce(mail(), to=[BOB]), events.delivery(mail(), to=[CAT])]

        def __getattr__(self, name: str) -> Any:
            return getattr(world.dynamodb, name)

        def batch_execute_statement(self, **arguments: Any) -> Any:
            if self.others:
                work(feedback, self.others.pop())
            return world.dynamodb.batch_execute_statement(**arguments)

    world.sent("request")
    assert work(feedback_of(world, dynamodb=Overtaken()), events.delivery(mail(), to=[ANN])) == []
    assert world.words("request") == {ANN: "delivered", BOB: "bounced", CAT: "delivered"}


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


def some(of: Callable[..., Any], **changed: Any) -> Callable[..., Any]:
    """An event of which some recipients and a time are still to be said."""
    return lambda about, to, at: of(about, to=[about["destination"][number] for number in to], at=at, **changed)


HAPPENED = st.tuples(
    st.sampled_from(
        [
            some(events.delivery),
            some(events.bounce),
            some(events.bounce, kind="Transient"),
            some(events.bounce, subtype="OnAccountSuppressionList"),
            some(events.complaint),
            lambda about, to, at: events.delay(about, at=at),  # noqa: ARG005
            lambda about, to, at: events.send(about),  # noqa: ARG005
            lambda about, to, at: events.reject(about),  # noqa: ARG005
            lambda about, to, at: events.failure(about),  # noqa: ARG005
        ]
    ),
    st.lists(st.integers(min_value=0, max_value=2), min_size=1, max_size=3, unique=True),
    st.integers(min_value=1, max_value=5),
)


@settings(max_examples=60, deadline=None)
@given(happened=st.lists(HAPPENED, max_size=6), data=st.data())
def test_events_end_the_same_in_any_order_and_batches_and_however_often(
    shared_world: FeedbackWorld,
    feedback_of: Callable[..., Feedback],
    happened: list[Any],
    data: st.DataObject,
) -> None:
    feedback = feedback_of(shared_world)
    again = data.draw(st.permutations([*happened, *happened[: data.draw(st.integers(min_value=0, max_value=6))]]))
    batches = data.draw(st.lists(st.integers(min_value=1, max_value=4), min_size=len(again), max_size=len(again)))
    ends: list[Any] = []
    for run, sizes in ((happened, [1] * len(happened)), (again, batches)):
        unique = uuid4().hex
        about = events.mail(to=[f"{number}@{unique}.example" for number in range(3)], request_id=unique)
        if data.draw(st.booleans()):
            shared_world.sent(unique)
        rest = [event(about, to, at) for event, to, at in run]
        for size in sizes:
            assert work(feedback, *rest[:size]) == []
            rest = rest[size:]
        ends.append(_end(shared_world, about, unique))
    assert ends[0] == ends[1]


def _end(world: FeedbackWorld, about: dict[str, Any], unique: str) -> str:
    """All that is known about a mail and its recipients, with its own names taken out."""
    record = world.record(unique).get("outcomes")
    items = [world.item(address) for address in about["destination"]]
    for item in items:
        item.pop("expires", None)
        for texts in item.get("transient", {}).values():
            texts.sort()
    return json.dumps([record, items], sort_keys=True).replace(unique, "")
