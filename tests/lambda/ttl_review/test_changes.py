"""How often objects change: by their edits, and by what expired answers turned out to be."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttl_review.changes import Changes, by_edits
from ttl_review.model import Policy

DAY = 86_400
PAGES = Policy(name="pages", pattern="*", min_seconds=0, default_seconds=60, max_seconds=DAY)
IMAGES = Policy(name="images", pattern="/images/*", min_seconds=0, default_seconds=DAY, max_seconds=DAY)
POLICIES = (IMAGES, PAGES)
UNTIL = 400 * DAY


def posts(count: int, mean: float, *, seed: int) -> dict[str, list[float]]:
    """When posts were written, some long ago and some of late, and all their edits, at random."""
    chance, made = random.Random(seed), dict[str, list[float]]()
    for number in range(count):
        moments = [chance.uniform(0, UNTIL)]
        while (following := moments[-1] + chance.expovariate(1 / mean)) < UNTIL:
            moments.append(following)
        made[f"/posts/{number}"] = moments
    return made


@pytest.mark.parametrize("mean", [5 * DAY, 200 * DAY])
def test_edits_at_random_tell_how_far_they_are_apart_though_only_the_last_one_is_known(mean: float) -> None:
    """Within a tenth, of 1,500 posts."""
    whole = posts(1500, mean, seed=2)
    known = {path: {moments[0], moments[-1]} for path, moments in whole.items()}
    found = by_edits(known, POLICIES, until=UNTIL)
    assert found == by_edits(whole, POLICIES, until=UNTIL)
    assert found == {"*": pytest.approx(mean, rel=0.1)}


def test_each_behaviour_has_its_own_and_what_nobody_has_edited_changes_seldom() -> None:
    moments = {"/images/1": [UNTIL - 50.0], "/a": [0.0, UNTIL - 30.0], "/b": [UNTIL - 20.0], "/c": [UNTIL + 5.0]}
    assert by_edits(moments, POLICIES, until=UNTIL) == {"/images/*": 100, "*": 50}


def test_what_is_later_than_the_period_is_unknown_to_it() -> None:
    assert by_edits({"/a": [0.0, UNTIL + 5.0]}, POLICIES, until=UNTIL) == {"*": 2 * UNTIL}
    assert by_edits({"/a": [float(UNTIL)]}, POLICIES, until=UNTIL) == {}


def test_answers_that_had_changed_or_not_tell_how_far_changes_are_apart() -> None:
    """Within a tenth, of 5,000 answers that had been kept for very different times."""
    chance = np.random.default_rng(8)
    since = chance.exponential(4000, 5000)
    changes = Changes()
    for part in np.array_split(since, 7):
        changes.add((part * 1000).astype(np.int64), chance.exponential(3600, part.size) < part)
    assert changes.seconds == pytest.approx(3600, rel=0.1)


@given(
    since=st.lists(st.integers(0, 10**9), min_size=1, max_size=50),
    changed=st.lists(st.booleans(), min_size=50, max_size=50),
)
def test_the_estimate_is_the_likeliest_there_is(since: list[int], changed: list[bool]) -> None:
    """But for what sorting times into bins makes of it."""
    found, flags = Changes(), np.array(changed[: len(since)])
    found.add(np.array(since, np.int64), flags)
    times = np.maximum(1, since) / 1000

    def likelihood(mean: float) -> float:
        return float(np.where(flags, np.log(-np.expm1(-times / mean)), -times / mean).sum())

    if found.seconds is None:
        assert flags.all()
    elif flags.any():
        best = likelihood(found.seconds)
        assert all(likelihood(found.seconds * factor) <= best + 0.01 for factor in (0.5, 0.9, 1.1, 2))
    else:
        assert found.seconds == pytest.approx(2 * times.sum())


@pytest.mark.filterwarnings("error")
def test_answers_of_the_same_millisecond_do_not_spoil_the_estimate() -> None:
    """Two requests at once may both ask the origin; what came of them says next to nothing."""
    usual, at_once = Changes(), Changes()
    since, changed = np.array([50_000, 100_000, 200_000]), np.array([False, True, False])
    usual.add(since, changed)
    at_once.add(np.array([0, *since]), np.array([False, *changed]))
    assert at_once.seconds == pytest.approx(usual.seconds, rel=0.001)
    at_once.add(np.array([0]), np.array([True]))
    assert at_once.seconds is not None
    assert 0 < at_once.seconds < np.inf
