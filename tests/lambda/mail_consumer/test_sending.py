"""The rate that all invocations share, and the pause."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_consumer.sending import WARM_UP, PausedError, Sending
from mail_consumer.warm_up import WarmUp
from tests.mail_world import World


def sending(world: World, *, rate: float) -> Sending:
    """A new invocation's view of the shared state."""
    return Sending(client=world.dynamodb, table=f"{world.name}-sending", recipients_per_second=rate, now=world.now)


def far(world: World) -> float:
    return world.now() + 1_000


def test_mails_start_one_after_the_other_as_their_recipients_allow(world: World) -> None:
    starts = sending(world, rate=10).lease([1, 5, 1], latest=far(world))
    assert [later - starts[0] for later in starts] == pytest.approx([0, 0.1, 0.6], abs=0.002)


@pytest.mark.parametrize("rate", [1, 14, 200])
def test_invocations_at_once_never_exceed_the_rate_together(
    world: World, at_once: Callable[..., list[Any]], rate: float
) -> None:
    batches = [[1] * 10, [50] * 10, [3, 1, 50], [1]] * 6
    leased = at_once(lambda batch: sending(world, rate=rate).lease(batch, latest=world.now() + 1e6), batches)
    mails = sorted(
        (start, recipients)
        for starts, batch in zip(leased, batches, strict=True)
        for start, recipients in zip(starts, batch, strict=True)
    )
    for (start, recipients), (next_start, _) in pairwise(mails):
        assert next_start >= start + recipients / rate - 0.002


def test_a_steady_invocation_leases_with_one_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = sending(world, rate=10)
    for _ in range(2):
        one.lease([5] * 10, latest=far(world))
    calls: list[str] = []
    real = world.dynamodb.update_item
    monkeypatch.setattr(world.dynamodb, "update_item", lambda **call: calls.append("write") or real(**call))
    one.lease([5] * 10, latest=far(world))
    assert calls == ["write"]


def test_what_could_not_start_in_time_is_not_leased_and_leaves_the_rate_to_others(world: World) -> None:
    first, second = sending(world, rate=1), sending(world, rate=1)
    assert len(first.lease([1] * 10, latest=world.now() + 4.5)) == 5
    (start,) = second.lease([1], latest=far(world))
    assert start == pytest.approx(world.now() + 5, abs=1)


def test_a_rate_that_rested_gives_no_burst(world: World) -> None:
    one = sending(world, rate=10)
    one.lease([1], latest=far(world))
    world.clock_ahead = 60
    starts = one.lease([1] * 3, latest=far(world))
    assert [later - starts[0] for later in starts] == pytest.approx([0, 0.1, 0.2], abs=0.002)


def test_nothing_is_leased_while_sending_is_paused(world: World) -> None:
    one, other = sending(world, rate=10), sending(world, rate=10)
    other.lease([1], latest=far(world))
    assert one.pause("ThrottlingException")
    assert not other.pause("SendingPausedException"), "only the first one announces the pause"
    world.clock_ahead = 10  # the rate has room again, so that only the pause stands against it
    with pytest.raises(PausedError, match="ThrottlingException"):
        other.lease([1], latest=far(world))
    one.resume()
    assert len(other.lease([1], latest=far(world))) == 1


def test_the_mappings_that_the_consumer_disabled_are_remembered_until_each_is_enabled(world: World) -> None:
    one = sending(world, rate=10)
    one.pause("ThrottlingException")
    one.remember_disabled(["a", "b"])
    one.resume()
    assert one.pause_and_disabled() == (None, ["a", "b"])
    one.forget_disabled(["a"])
    one.forget_disabled(["b"])
    assert one.pause_and_disabled() == (None, [])


@settings(max_examples=30, deadline=None)
@given(recipients=st.lists(st.integers(1, 50), min_size=1, max_size=10), patience=st.floats(0, 30))
def test_no_lease_starts_later_than_asked(cloud_world: World, recipients: list[int], patience: float) -> None:
    latest = cloud_world.now() + patience
    starts = sending(cloud_world, rate=14).lease(recipients, latest=latest)
    assert all(start <= latest + 0.001 for start in starts)
    assert starts == sorted(starts)


def test_an_invocation_that_knows_a_state_which_is_gone_begins_anew(world: World) -> None:
    one = sending(world, rate=10)
    one.lease([5], latest=far(world))
    world.dynamodb.delete_item(TableName=f"{world.name}-sending", Key={"id": {"S": "sending"}})
    assert len(one.lease([1], latest=far(world))) == 1


MIDNIGHT = datetime(2026, 12, 2, tzinfo=UTC).timestamp()


def warming(world: World, now: float, *, first_day: int = 100, growth: float = 2.0) -> Sending:
    """An invocation during a warm-up that began on the first of December, at so many seconds from that midnight."""
    return Sending(
        client=world.dynamodb,
        table=f"{world.name}-sending",
        recipients_per_second=10_000,
        warm_up=WarmUp(start=date(2026, 12, 1), first_day=first_day, growth=growth),
        now=lambda: MIDNIGHT + now,
    )


def test_a_day_of_the_warm_up_has_its_recipients_and_no_more(world: World) -> None:
    starts = warming(world, -3600).lease([50, 30, 30], latest=MIDNIGHT)
    assert len(starts) == 2, "the third mail would be one of the next day"
    for one in (warming(world, -3000), warming(world, -2000)):
        with pytest.raises(PausedError, match=WARM_UP):
            one.lease([30], latest=MIDNIGHT)
    assert len(warming(world, -1000).lease([20], latest=MIDNIGHT)) == 1, "a smaller mail still has room"


def test_the_next_day_of_the_warm_up_has_more(world: World) -> None:
    one = warming(world, -3600)
    assert len(one.lease([50, 50], latest=MIDNIGHT)) == 2
    later = MIDNIGHT + 7200
    assert len(warming(world, 3600).lease([50] * 5, latest=later)) == 4


def test_invocations_at_once_never_exceed_the_day_together(world: World, at_once: Callable[..., list[Any]]) -> None:
    def leased(_: int) -> int:
        try:
            return len(warming(world, -3600).lease([7] * 3, latest=MIDNIGHT))
        except PausedError:
            return 0

    assert sum(at_once(leased, range(20))) == 100 // 7


def test_a_clock_that_is_behind_midnight_counts_for_the_day_that_others_have_begun(world: World) -> None:
    assert len(warming(world, 1).lease([50] * 3, latest=MIDNIGHT + 10)) == 3
    assert len(warming(world, -1).lease([50], latest=MIDNIGHT + 10)) == 1
    with pytest.raises(PausedError, match=WARM_UP):
        warming(world, 2).lease([50], latest=MIDNIGHT + 10)


@given(first_day=st.integers(50, 10**6), growth=st.floats(1.0, 5.0), day=st.integers(-10_000, 100_000))
def test_a_warm_up_never_shrinks_and_any_day_has_a_ceiling(first_day: int, growth: float, day: int) -> None:
    warm_up = WarmUp(start=date(2026, 12, 1), first_day=first_day, growth=growth)
    days = [date.fromordinal(warm_up.start.toordinal() + each) for each in (day, day + 1)]
    today, tomorrow = map(warm_up.ceiling, days)
    assert first_day <= today <= tomorrow
