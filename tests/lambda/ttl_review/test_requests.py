"""The requests of a period in order of object and time, by either engine."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.edge_logs import PERIOD, line
from ttl_review.requests import Object, Requests, Result, requests

EngineOf = Callable[[Any], Any]


def flat(batches: list[Requests]) -> list[tuple[Object, int, int, int]]:
    """One tuple a request, whatever the batches."""
    return [
        (batch.objects[number], *values)
        for batch in batches
        for number, *values in zip(
            *(getattr(batch, name).tolist() for name in ("object", "at_ms", "status", "result")), strict=True
        )
    ]


def test_requests_come_by_location_path_query_string_and_time(engine_of: EngineOf) -> None:
    rows = [
        line("/b", at=3, location="NRT", result="Miss", status="200"),
        line("/b", at=1, location="NRT", result="Hit", status="304"),
        line("/b", at=2, location="NRT", result="RefreshHit", query="page=2"),
        line("/a", at=9, location="NRT", result="Error", status="000"),
        line("/é", at=9, location="NRT"),
        line("/a", at=0, location="FRA", result="Redirect", status="301"),
        line("/a", at=0, location="FRA", method="POST"),
        line("/a", at=4, location="FRA", method="HEAD", result="OriginShieldHit"),
    ]
    start = 1_795_132_800_000

    assert flat(list(requests(engine_of(rows), PERIOD))) == [
        (Object("FRA", "/a", ""), start, 301, Result.REDIRECT),
        (Object("FRA", "/a", ""), start + 4000, 200, Result.ORIGIN_SHIELD_HIT),
        (Object("NRT", "/a", ""), start + 9000, 0, Result.ERROR),
        (Object("NRT", "/b", ""), start + 1000, 304, Result.HIT),
        (Object("NRT", "/b", ""), start + 3000, 200, Result.MISS),
        (Object("NRT", "/b", "page=2"), start + 2000, 200, Result.REFRESH_HIT),
        (Object("NRT", "/é", ""), start + 9000, 200, Result.HIT),
    ]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_batches_of_any_size_are_the_same_requests(files_of: EngineOf, size: int) -> None:
    chance = random.Random(size)
    rows = [
        line(f"/{chance.randrange(4)}", at=chance.uniform(0, 80_000), location=chance.choice("AB")) for _ in range(60)
    ]
    engine = files_of(rows)
    told: list[int] = []
    batches = list(requests(engine, PERIOD, size=size, progress=told.append))
    whole = flat(list(requests(engine, PERIOD)))

    assert flat(batches) == whole
    assert sorted(whole) == sorted(whole, key=lambda each: (each[0], each[1])) == whole
    assert told == list(np.cumsum([len(batch.at_ms) for batch in batches]))
    assert max(len(batch.at_ms) for batch in batches) == min(size, 60)


def test_an_object_goes_on_in_the_next_batch(files_of: EngineOf) -> None:
    rows = [line(path, at=at) for path, at in (("/a", 1), ("/a", 2), ("/a", 3), ("/b", 1), ("/b", 2), ("/b", 3))]
    engine = files_of(rows)
    first, second = requests(engine, PERIOD, size=3)
    third, fourth = requests(engine, PERIOD, size=4)

    assert (first.continues, second.continues) == (False, False)
    assert [each.path for each in first.objects + second.objects] == ["/a", "/b"]
    assert (third.continues, fourth.continues) == (False, True)
    assert [each.path for each in fourth.objects] == ["/b"]
    assert third.starts.tolist() == [0, 3]
    assert fourth.object.tolist() == [0, 0]


def test_a_log_without_requests_has_no_batch(engine_of: EngineOf) -> None:
    assert list(requests(engine_of([line(method="POST")]), PERIOD)) == []


def test_results_are_numbered_as_the_query_numbers_them(files_of: EngineOf) -> None:
    names = {
        "Hit": Result.HIT,
        "RefreshHit": Result.REFRESH_HIT,
        "OriginShieldHit": Result.ORIGIN_SHIELD_HIT,
        "Miss": Result.MISS,
        "Error": Result.ERROR,
        "LimitExceeded": Result.LIMIT_EXCEEDED,
        "CapacityExceeded": Result.CAPACITY_EXCEEDED,
        "Redirect": Result.REDIRECT,
        "SomethingNew": Result.OTHER,
    }
    [batch] = requests(files_of([line(at=at, result=name) for at, name in enumerate(names)]), PERIOD)

    assert batch.result.tolist() == list(names.values())
