"""The replay of all objects at once against one request after the other, and what holds of every TTL."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttl_review.chains import Ints, fetches, serve
from ttl_review.freshness import Ttl, Verdict, judge

APART = 10**9
DAY = 86_400
TTL = Ttl(min_seconds=0, default_seconds=0, max_seconds=DAY)
# Few different values, so that moments fall together and on the very end of a time.
OBJECTS = st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=40).map(sorted), min_size=1, max_size=6)
SECONDS = st.integers(0, 30)


def arranged(objects: list[list[int]]) -> Ints:
    """Moments in ms as the replay wants them."""
    return np.array([APART * n + at * 1000 for n, times in enumerate(objects) for at in times], np.int64)


def answered(times: list[int], verdicts: list[Verdict]) -> tuple[list[bool], list[bool], list[int]]:
    """Serve the requests of one object one by one: who asked the origin, who waited for it, how old each answer was."""
    fetched, waited, ages = list[bool](), list[bool](), list[int]()
    since, kept = 0, None
    for at, verdict in zip(times, verdicts, strict=True):
        age = at - since
        stale = kept is None or age >= kept.fresh_seconds
        gone = kept is None or age >= kept.fresh_seconds + kept.stale_while_revalidate
        fetched.append(stale)
        waited.append(gone)
        ages.append(0 if gone else age)
        since, kept = (at, verdict) if stale else (since, kept)
    return fetched, waited, ages


@settings(deadline=None)
@given(
    data=st.data(),
    objects=OBJECTS,
    statuses=st.lists(st.sampled_from([200, 200, 404, 302, 403]), min_size=1),
    ttl=SECONDS,
)
def test_all_objects_at_once_are_served_as_one_request_after_the_other(
    data: st.DataObject, objects: list[list[int]], statuses: list[int], ttl: int
) -> None:
    """Whatever the answers are: kept for this time or that, served a while longer or not, or not kept at all."""
    headers = {"cache-control": f"s-maxage={ttl}, stale-while-revalidate={data.draw(SECONDS)}"}
    by_status = {one: judge(status=one, headers=headers, ttl=TTL, now=0) for one in statuses}
    verdicts = [[by_status[statuses[n % len(statuses)]] for n in range(len(times))] for times in objects]
    expected: list[list[Any]] = [[], [], []]
    for times, given_verdicts in zip(objects, verdicts, strict=True):
        for column, values in zip(expected, answered(times, given_verdicts), strict=True):
            column.extend(values)
    moments = arranged(objects)
    keep, stale = (
        np.array([int(getattr(one, name) * 1000) for each in verdicts for one in each], np.int64)
        for name in ("fresh_seconds", "stale_while_revalidate")
    )
    served = serve(moments, keep, stale)
    assert np.flatnonzero(expected[0]).tolist() == served.fetched.tolist()
    assert expected[1] == served.waited.tolist()
    assert expected[2] == ((moments - moments[served.source]) // 1000).tolist()


@given(times=st.lists(st.integers(0, 10_000), min_size=1, max_size=60).map(sorted), ttls=st.tuples(SECONDS, SECONDS))
def test_of_one_object_no_fetch_comes_earlier_under_a_longer_ttl_so_that_hits_never_fall(
    times: list[int], ttls: tuple[int, int]
) -> None:
    """With one TTL for all its answers: the next fetch is the first request at the last one plus TTL or later, which
    rises with both. Where answers are kept for different times, or served stale meanwhile, that need not be.
    """
    moments = np.array(times, np.int64)
    shorter, longer = (np.flatnonzero(fetches(moments, moments + ttl * 100)) for ttl in sorted(ttls))
    assert shorter.size >= longer.size
    assert (shorter[: longer.size] <= longer).all()


@given(times=st.lists(st.integers(0, 10_000), min_size=2, max_size=60).map(sorted), ttl=st.integers(1, 3000))
def test_two_fetches_are_never_closer_than_the_ttl_and_no_hit_is_older(times: list[int], ttl: int) -> None:
    moments = np.array(times, np.int64)
    keep = np.full(moments.size, ttl, np.int64)
    served = serve(moments, keep, np.zeros_like(keep))
    assert all(after - before >= ttl for before, after in pairwise(moments[served.fetched].tolist()))
    assert (moments - moments[served.source] < ttl).all()


@pytest.mark.parametrize("ttl", [0, 1, 7, 90, 40_000])
def test_long_stretches_are_followed_to_their_end(ttl: int) -> None:
    """One object, asked for without a pause: far more fetches in a row than are taken side by side."""
    chance = np.random.default_rng(4)
    moments = np.cumsum(chance.integers(0, 3, 30_000))
    expected, last = list[int](), -(10**9)
    for row, at in enumerate(moments.tolist()):
        if at >= last + ttl:
            expected.append(row)
            last = at
    assert np.flatnonzero(fetches(moments, moments + ttl)).tolist() == expected


def test_nothing_is_served_to_nobody() -> None:
    nothing = np.zeros(0, np.int64)
    served = serve(nothing, nothing, nothing)
    assert (served.fetched.size, served.source.size, served.waited.size) == (0, 0, 0)
