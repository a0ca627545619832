"""Events may come twice, in any order and in any batches: the end is the same."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from mail_feedback.feedback import Feedback
from tests import mail_events as events
from tests.mail_feedback_world import FeedbackWorld, sqs_record


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
            assert feedback.work([sqs_record(body) for body in rest[:size]]) == []
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
