"""The replay against what mathematics and a plain simulation say."""

import math
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.edge_logs import PERIOD, line, write
from tests.ttl_replays import (
    DAY,
    FORMS,
    HIT,
    MISS,
    PAGES,
    SETTINGS,
    Logged,
    Visit,
    poisson,
    popular,
    replayed,
    whole,
)
from ttl_review.files import FilesEngine
from ttl_review.freshness import Ttl, judge
from ttl_review.proposals import Replayed, curves
from ttl_review.requests import Result
from ttl_review.settings import Settings


def simulated(times: Iterable[tuple[str, float]], ttl: int) -> tuple[int, float]:
    """Hits and for how long they have been out of date in all, one request after the other, by the rules themselves.

    Objects change once a second, at random.
    """
    rules = Ttl(min_seconds=0, default_seconds=ttl, max_seconds=DAY if ttl else 0)
    fresh = judge(status=200, headers={"cache-control": f"s-maxage={ttl}"}, ttl=rules, now=0).fresh_seconds
    kept: dict[str, float] = {}
    hits, ages = 0, 0.0
    for key, at in sorted(times, key=lambda one: one[1]):
        if key in kept and at - kept[key] < fresh:
            hits, ages = hits + 1, ages + (at - kept[key]) + math.expm1(kept[key] - at)
        else:
            kept[key] = at
    return hits, ages


@pytest.mark.parametrize("rate", [0.002, 0.01, 0.05])
def test_requests_at_random_hit_as_the_closed_form_says(rate: float) -> None:
    """λT/(1+λT) of all requests hit, where the TTL begins at the fetch; within two points on a day of 20 objects."""
    curve = whole(replayed(poisson(rate, objects=20 if rate < 0.05 else 4, seed=7)))
    for candidate in curve.candidates:
        if 0 < candidate.ttl_seconds <= 3600:
            expected = rate * candidate.ttl_seconds / (1 + rate * candidate.ttl_seconds)
            assert candidate.hit_ratio == pytest.approx(expected, abs=0.02)


places, paths = st.sampled_from(["NRT1", "KIX1"]), st.sampled_from(["/a", "/b"])
queries = st.sampled_from(["-", "page=2", "utm=x"])
visits = st.lists(st.tuples(places, paths, queries, st.integers(0, 4000)), min_size=1, max_size=60)


@hypothesis_settings(max_examples=25, deadline=None)
@given(visits=visits)
def test_the_replay_is_the_plain_simulation_for_every_ttl(visits: list[Any]) -> None:
    rows = [(*visit, MISS, 200) for visit in visits]
    settings = Settings(changes={"*": 1})
    curve = whole(replayed(rows, settings))
    # `utm` is not in the key.
    times = [(f"{place}{path}{'' if query == 'utm=x' else query.strip('-')}", at) for place, path, query, at in visits]
    for candidate in curve.candidates:
        hits, ages = simulated(times, candidate.ttl_seconds)
        assert round(candidate.hit_ratio * len(visits)) == hits
        assert candidate.origin_requests == len(visits) - hits
        assert candidate.mean_stale_seconds == pytest.approx(ages / hits if hits else 0, rel=0.01, abs=0.001)


@hypothesis_settings(max_examples=40, deadline=None)
@given(visits=visits, size=st.integers(1, 9))
def test_batches_of_any_size_lead_to_the_same_curve(visits: list[Any], size: int) -> None:
    rows = [(*visit, MISS, 200) for visit in visits]
    assert told(replayed(rows, most=size)) == plain(replayed(rows))


def plain(made: Replayed) -> list[Any]:
    return [
        (curve.requests, curve.objects, one.ttl_seconds, one.origin_requests, one.mean_stale_seconds)
        for curve in made.curves
        for one in curve.candidates
    ]


def told(made: Replayed) -> list[Any]:
    """The same but for milliseconds, which the order of sums and the log decide."""
    return [(*counts, pytest.approx(stale, abs=0.01)) for *counts, stale in plain(made)]


def test_answers_are_out_of_date_by_what_changes_at_random_say() -> None:
    """Beside a simulation of changes, within a tenth."""
    settings = Settings(least_requests=50, most_stale_seconds={"pages": 3600}, changes={"*": 600})
    curve = whole(replayed(poisson(0.05, objects=4, seed=3), settings))
    assert (curve.change_seconds, curve.change_source) == (600, "setting")
    chance = random.Random(1)
    for candidate in curve.candidates:
        if candidate.ttl_seconds in {300, 3600}:
            ages = [chance.uniform(0, candidate.ttl_seconds) for _ in range(40_000)]
            behind = [max(0.0, age - chance.expovariate(1 / 600)) for age in ages]
            assert candidate.mean_stale_seconds == pytest.approx(sum(behind) / len(behind), rel=0.1)
            assert candidate.worst_stale_seconds < candidate.ttl_seconds


def test_how_often_objects_change_is_estimated_by_what_expired_answers_turned_out_to_be() -> None:
    results = ["RefreshHit"] * 3 + ["Miss"]
    numbers = {"RefreshHit": Result.REFRESH_HIT, "Miss": MISS}
    rows = [("NRT1", "/", "-", 100 * n, numbers[results[n % 4] if n else "Miss"], 200) for n in range(401)]
    curve = whole(replayed(rows))
    assert curve.change_source == "estimated"
    # One in four has changed within 100 seconds: exp(-100/c) is 3/4.
    assert curve.change_seconds == pytest.approx(-100 / math.log(3 / 4), rel=0.02)


def test_errors_and_what_never_is_kept_have_no_say() -> None:
    rows = [*poisson(0.01, objects=2, seed=5)]
    errors: list[Visit] = [("NRT1", "/p0", "-", n, Result.ERROR, 404) for n in range(500)]
    forms: list[Visit] = [("NRT1", "/write", "-", n, HIT, 200) for n in range(500)]
    assert told(replayed([*rows, *errors, *forms])) == plain(replayed(rows))


def test_a_log_in_a_folder_is_replayed_like_one_in_memory(tmp_path: Path) -> None:
    visits: list[Any] = [*poisson(0.001, objects=2, seed=5)]
    write(
        tmp_path, (line(path, at=at, result="Hit" if result == HIT else "Miss") for _, path, _, at, result, _ in visits)
    )
    with FilesEngine(tmp_path, threads=1) as engine:
        found = popular({"/write": 10**6, "/p0": 60, "/p1": 50, "/p2": 49})
        made = curves(engine, PERIOD, (FORMS, PAGES), popular=found, settings=SETTINGS, progress=lambda _: None)
    whole_log = Replayed(curves=(whole(made),), proposals=(), abstentions=())
    assert told(whole_log) == plain(replayed(visits))
    assert {curve.path for curve in made.curves} == {"", "/p0", "/p1"}, "a path that stands out has a curve of its own"


def test_at_most_three_paths_have_a_curve_of_their_own() -> None:
    visits = [*poisson(0.001, objects=5, seed=5)]
    found = popular({f"/p{number}": 1000 - number for number in range(5)})
    made = curves(Logged(visits), PERIOD, (PAGES,), popular=found, settings=SETTINGS, progress=lambda _: None)
    assert [curve.path for curve in made.curves] == ["", "/p0", "/p1", "/p2"]
    assert [curve.requests for curve in made.curves[1:]] == [
        sum(v[1] == c.path for v in visits) for c in made.curves[1:]
    ]
