"""The rate that all invocations share, and the pause."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_consumer.sending import PausedError, Sending
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
    assert one.paused_and_disabled() == (None, ["a", "b"])
    one.forget_disabled(["a"])
    one.forget_disabled(["b"])
    assert one.paused_and_disabled() == (None, [])


@settings(max_examples=30, deadline=None)
@given(recipients=st.lists(st.integers(1, 50), min_size=1, max_size=10), patience=st.floats(0, 30))
def test_no_lease_starts_later_than_asked(cloud_world: World, recipients: list[int], patience: float) -> None:
    latest = cloud_world.now() + patience
    starts = sending(cloud_world, rate=14).lease(recipients, latest=latest)
    assert all(start <= latest + 0.001 for start in starts)
    assert starts == sorted(starts)
