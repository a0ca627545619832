"""What happens to events while something does not work, or while another invocation works the same records."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from mail_feedback.feedback import Feedback
from tests import mail_events as events
from tests.mail_feedback_world import FeedbackWorld, sqs_record

ANN, BOB, CAT = "ann@example.com", "bob@example.com", "cat@example.com"


def mail(request_id: str = "request", *, to: tuple[str, ...] = (ANN, BOB, CAT)) -> dict[str, Any]:
    return events.mail(to=[*to], request_id=request_id)


def work(feedback: Feedback, *bodies: dict[str, Any] | str) -> list[str]:
    return feedback.work([sqs_record(body) for body in bodies])


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
