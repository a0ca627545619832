"""Query strings that make many objects of one answer: small logs, each with one such fault or none."""

from collections.abc import Callable
from typing import Any

import pytest

from local.edge.access_log import Row
from tests.edge_logs import line
from tests.ttl_findings import behaviour, deployed, found

EngineOf = Callable[[Any], Any]


def by_source(
    *, path: str = "/post", size: Callable[[int], int] = lambda _number: 20_000, times: int = 60
) -> list[Row]:
    return [
        line(path, at=at, query=f"page=1&utm_source={at % 20}", result="Miss", size=str(size(at % 20)))
        for at in range(times)
    ]


def test_the_parameter_that_makes_many_objects_of_one_is_named(engine_of: EngineOf) -> None:
    told = deployed(behaviour("*", query_strings=None))
    [finding] = [each for each in found(engine_of(by_source()), told) if each.kind == "fragmented-by-query"]

    assert (finding.subject, finding.requests) == ("utm_source", 60)
    assert "makes 20 objects of /post where 1 would do" in finding.text
    assert "60 of 60 requests went to the origin" in finding.text
    assert "pages (*)" in finding.text


@pytest.mark.parametrize("names", [(), ("page",)])
def test_a_parameter_that_is_not_in_the_key_makes_no_objects(files_of: EngineOf, names: tuple[str, ...]) -> None:
    told = deployed(behaviour("*", query_strings=names))

    assert not [each for each in found(files_of(by_source()), told) if each.kind == "fragmented-by-query"]


def test_a_parameter_whose_answers_differ_is_rightly_in_the_key(files_of: EngineOf) -> None:
    rows = by_source(size=lambda number: 20_000 + 2000 * number)

    assert not [
        each
        for each in found(files_of(rows), deployed(behaviour("*", query_strings=None)))
        if each.kind == "fragmented-by-query"
    ]


def test_answers_that_differ_by_a_header_are_of_one_size(files_of: EngineOf) -> None:
    rows = by_source(size=lambda number: 20_000 + number)

    assert "utm_source" in {
        each.subject for each in found(files_of(rows), deployed(behaviour("*", query_strings=None)))
    }


def test_downloads_that_viewers_broke_off_say_nothing_of_sizes(files_of: EngineOf) -> None:
    cut = [
        line("/post", at=at, query=f"utm_source=cut-{at}", result="Miss", ended="Error", size="10") for at in range(60)
    ]

    [finding] = [
        each
        for each in found(files_of([*by_source(), *cut]), deployed(behaviour("*", query_strings=None)))
        if each.kind == "fragmented-by-query"
    ]
    assert finding.requests == 60


def test_few_requests_or_values_are_no_fragmentation(files_of: EngineOf) -> None:
    rows = [
        *by_source(times=40),
        *(line("/other", query=f"lang={at % 4}", at=at, size="900", result="Miss") for at in range(100)),
    ]

    assert not [
        each
        for each in found(files_of(rows), deployed(behaviour("*", query_strings=None)))
        if each.kind == "fragmented-by-query"
    ]


def test_a_parameter_of_many_paths_is_one_finding(files_of: EngineOf) -> None:
    rows = [*by_source(path="/one", times=40), *by_source(path="/two"), *by_source(path="/kept", times=0)]
    told = deployed(behaviour("*", query_strings=("page", "utm_source")))
    [finding] = [each for each in found(files_of(rows), told) if each.kind == "fragmented-by-query"]

    assert "makes 40 objects of 2 paths, most of /two where 2 would do" in finding.text
    assert finding.requests == 100


def test_nothing_is_fragmented_where_nothing_is_kept(files_of: EngineOf) -> None:
    told = deployed(behaviour("*", most=0, query_strings=None))

    assert found(files_of(by_source()), told) == []
