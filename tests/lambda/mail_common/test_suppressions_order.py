"""Reasons may come twice and in any order, around a removal too: the end is the same."""

from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from mail_common.suppressions import DAY_S
from tests.mail_feedback_world import FeedbackWorld

DAY_MS = DAY_S * 1000


def someone() -> str:
    return f"{uuid4().hex}@example.com"


EVENTS = st.tuples(
    st.sampled_from(["bounce", "complaint", "unsubscribe", "transient"]),
    st.integers(min_value=1, max_value=9),
    st.sampled_from(["mail-1", "mail-2"]),
)


def happen(world: FeedbackWorld, address: str, event: tuple[str, int, str], *, since: int) -> None:
    reason, day, mail = event
    at = since + day * DAY_MS
    if reason == "transient":
        ids = {"feedback_id": f"{day}-{mail}", "ses_message_id": mail}
        world.suppressions.add_transient(address, at=at, window_s=2 * DAY_S, most=3, **ids)
    else:
        world.suppressions.add(address, reason=reason, at=at, detail=f"of {mail}", ses_message_id=mail)


def state(world: FeedbackWorld, address: str) -> dict[str, Any]:
    item = world.item(address)
    bounces = sorted(item.get("transient", {"SS": []})["SS"])
    return {**world.suppressions.reasons([address]).get(address, {}), "transient": bounces}


@settings(max_examples=60, deadline=None)
@given(events=st.lists(EVENTS, max_size=7), data=st.data())
def test_order_and_repetition_of_events_change_nothing(
    world: FeedbackWorld, events: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    again = data.draw(
        st.permutations([*events, *data.draw(st.lists(st.sampled_from(events)) if events else st.just([]))])
    )
    since = int(world.now() * 1000) - 10 * DAY_MS
    once, twice = someone(), someone()
    for event in events:
        happen(world, once, event, since=since)
    for event in again:
        happen(world, twice, event, since=since)
    assert state(world, once) == state(world, twice)


@settings(max_examples=40, deadline=None)
@given(before=st.lists(EVENTS, max_size=4), after=st.lists(EVENTS, max_size=4), data=st.data())
def test_with_a_removal_between_only_what_happened_later_counts_however_late_the_rest_arrives(
    world: FeedbackWorld, before: list[tuple[str, int, str]], after: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    now = int(world.now() * 1000)
    late = data.draw(st.permutations([(now - 10 * DAY_MS, e) for e in before] + [(now, e) for e in after]))
    removed, fresh = someone(), someone()
    world.suppressions.add(removed, reason="manual", at=1)
    for event in before:
        happen(world, removed, event, since=now - 10 * DAY_MS)
    world.suppressions.remove(removed, detail="")
    for since, event in late:
        happen(world, removed, event, since=since)
    for event in after:
        happen(world, fresh, event, since=now)
    assert state(world, removed) == state(world, fresh)
