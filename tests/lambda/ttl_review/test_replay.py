"""The replay against what mathematics and a plain simulation say, and when it keeps silent."""

import math
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.edge_logs import PERIOD, line, write
from ttl_review.engine import Columns, Unreadable
from ttl_review.files import FilesEngine
from ttl_review.freshness import Ttl, judge
from ttl_review.model import Curve, Policy, Popular
from ttl_review.popular import NOTHING
from ttl_review.proposals import Replayed, curves
from ttl_review.requests import Result
from ttl_review.settings import Settings

DAY = 86_400
HIT, MISS = Result.HIT, Result.MISS
Visit = tuple[str, str, str, float, int, int]
"""Edge location, path, query string, seconds, result and status."""
PAGES = Policy(name="pages", pattern="*", min_seconds=0, default_seconds=60, max_seconds=DAY, query_strings=("page",))
FORMS = Policy(name="forms", pattern="/write*", min_seconds=0, default_seconds=0, max_seconds=0)
SETTINGS = Settings(least_requests=50, most_stale_seconds={"pages": 3600})


class Logged:
    """An engine with requests in memory, in the order and the batches in which the query yields them."""

    unreadable, source, scanned_bytes, cost_usd = Unreadable(), "memory", 0, 0.0

    def __init__(self, visits: Iterable[Visit], *, most: int = 10_000) -> None:
        self._visits = sorted(visits)
        self._most = most

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        raise AssertionError(sql)

    def batches(self, sql: str, *, size: int = 0) -> Iterator[Columns]:
        assert "ROW_NUMBER" in sql
        assert size
        rows: list[tuple[Any, ...]] = []
        nth, last = 0, None
        for location, path, query, at, result, status in self._visits:
            nth = nth + 1 if (location, path, query) == last else 1
            last = (location, path, query)
            named = last if nth == 1 else ("", "", "")
            rows.append((*named, nth, round(at * 1000), status, result))
        names = ("location", "path", "query", "nth", "at_ms", "status", "result")
        for first in range(0, len(rows), self._most):
            values = zip(*rows[first : first + self._most], strict=True)
            yield {
                name: np.array(column, object if name in names[:3] else np.int64)
                for name, column in zip(names, values, strict=True)
            }


def replayed(visits: Iterable[Visit], settings: Settings = SETTINGS, *, most: int = 10_000, **policy: Any) -> Replayed:
    policies = (FORMS, replace(PAGES, **policy))
    engine = Logged(visits, most=most)
    return curves(engine, PERIOD, policies, settings=settings, progress=lambda _: None)


def whole(made: Replayed) -> Curve:
    """The curve of the pages as a whole."""
    return next(curve for curve in made.curves if not curve.path)


def poisson(rate: float, *, objects: int, seed: int, ttl: float = 60) -> Iterator[Visit]:
    """Requests at so many a second for each object, with the log that a cache of this TTL leaves."""
    chance = random.Random(seed)
    for number in range(objects):
        at, fetched = chance.expovariate(rate), -math.inf
        while at < DAY:
            result = "Hit" if at - fetched < ttl else "Miss"
            fetched = at if result == "Miss" else fetched
            yield "NRT1", f"/p{number}", "-", at, HIT if result == "Hit" else MISS, 200
            at += chance.expovariate(rate)


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


def test_a_longer_ttl_is_proposed_with_its_gain_where_the_policy_decides() -> None:
    made = replayed(poisson(0.01, objects=20, seed=5))
    (proposal,) = made.proposals
    assert (proposal.policy, proposal.setting, proposal.old) == ("pages", "default_seconds", 60)
    assert 900 <= proposal.new <= 3600
    assert proposal.interval.low < proposal.hit_ratio_gain < proposal.interval.high
    assert proposal.hit_ratio_gain == pytest.approx(0.9 - 0.375, abs=0.1)
    assert proposal.origin_requests_saved > 0


def test_where_the_origin_decides_the_proposal_is_for_the_origin() -> None:
    settings = Settings(least_requests=50, most_stale_seconds={"pages": 3600}, origin_seconds={"*": 60})
    made = replayed(poisson(0.01, objects=20, seed=5), settings, default_seconds=0)
    assert made.proposals == ()
    assert any("let it send a longer s-maxage" in one.reason for one in made.abstentions)


@pytest.mark.parametrize(
    ("rows", "settings", "reason"),
    [
        (list(poisson(0.01, objects=1, seed=5))[:20], SETTINGS, "requests are less than"),
        (list(poisson(0.01, objects=9, seed=5, ttl=5)), SETTINGS, "the replay of"),
        (list(poisson(0.01, objects=9, seed=5)), Settings(least_requests=50), "no bound of staleness is set for pages"),
        ([("NRT1", "/write", "-", 0, MISS, 200)], SETTINGS, "nobody has asked for it"),
        (
            list(poisson(0.01, objects=9, seed=5)),
            Settings(least_requests=50, most_stale_seconds={"pages": 50}),
            "gains a point over",
        ),
    ],
    ids=["few requests", "another log", "no bound", "nobody", "nothing to gain"],
)
def test_nothing_is_proposed_without_data_that_carry_it(rows: list[Visit], settings: Settings, reason: str) -> None:
    made = replayed(rows, settings)
    assert made.proposals == ()
    assert any(reason in one.reason for one in made.abstentions), made.abstentions


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


def popular(requests: dict[str, int]) -> Iterator[Popular]:
    """The table of popular objects, as far as a replay asks."""
    for path, number in requests.items():
        pattern = "/write*" if path.startswith("/write") else "*"
        yield Popular(path=path, pattern=pattern, counts=replace(NOTHING, requests=number))


def test_at_most_three_paths_have_a_curve_of_their_own() -> None:
    visits = [*poisson(0.001, objects=5, seed=5)]
    found = popular({f"/p{number}": 1000 - number for number in range(5)})
    made = curves(Logged(visits), PERIOD, (PAGES,), popular=found, settings=SETTINGS, progress=lambda _: None)
    assert [curve.path for curve in made.curves] == ["", "/p0", "/p1", "/p2"]
    assert [curve.requests for curve in made.curves[1:]] == [
        sum(v[1] == c.path for v in visits) for c in made.curves[1:]
    ]
