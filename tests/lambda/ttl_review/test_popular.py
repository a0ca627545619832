"""Popular objects: a log counted by hand, by either engine."""

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.edge_logs import DAY, PERIOD, line
from ttl_review.model import Counts, Period, Policy
from ttl_review.popular import Behaviours, Tally, broken_examples, lines, objects

EngineOf = Callable[[Any], Any]


def policy(name: str, pattern: str) -> Policy:
    return Policy(name=name, pattern=pattern, min_seconds=0, default_seconds=0, max_seconds=60)


POLICIES = (policy("assets", "/assets/*"), policy("images", "/images/*"), policy("pages", "*"))
LOG = [
    *(line("/a", result="Hit", size="100", location=location) for location in ("NRT57-P2", "FRA56-P1", "FRA56-P1")),
    line("/a", result="Miss", size="1000"),
    line("/a", result="Miss", ended="Error", size="30"),
    line("/a", result="RefreshHit", size="200"),
    line("/a", result="Error", status="404", size="50"),
    line("/a", result="LimitExceeded", status="503", size="10"),
    line("/a", result="CapacityExceeded", status="503", size="10"),
    line("/a", result="Redirect", status="301", size="5"),
    line("/a", result="Miss", status="304", size="1", query="page=2"),
    line("/a", result="Error", status="000", size="-"),
    line("/a", result="Miss", method="POST", size="7"),
    line("/assets/x.css", result="Hit"),
    line("/assets/../a-page", result="Hit"),
    line("/images/1", result="Miss", size="5000"),
    line("/images/1", result="Hit", size="5000"),
]


def test_every_path_is_counted_as_the_console_does(engine_of: EngineOf) -> None:
    found = dict(objects(engine_of(LOG), PERIOD))

    assert found["/a"] == Counts(
        requests=13,
        hits=3,
        misses=4,
        errors=4,
        bytes=300 + 1000 + 30 + 200 + 50 + 20 + 5 + 1 + 7,
        bytes_from_misses=1000 + 1 + 7,
        incomplete=1,
        status_2xx=7,
        status_3xx=2,
        status_4xx=1,
        status_5xx=2,
    )
    assert list(found) == ["/a", "/images/1", "/assets/../a-page", "/assets/x.css"]


def test_behaviours_take_the_paths_that_their_patterns_match(engine_of: EngineOf) -> None:
    tally = Tally(POLICIES, top=2)
    for path, counts in objects(engine_of(LOG), PERIOD):
        tally.add(path, counts)

    assert [(each.path, each.pattern) for each in tally.popular] == [("/a", "*"), ("/images/1", "/images/*")]
    assert {each.pattern: each.counts.requests for each in tally.behaviours} == {
        "/assets/*": 1,
        "/images/*": 2,
        "*": 14,
    }
    assert next(each.counts.bytes for each in tally.behaviours if each.pattern == "/images/*") == 10_000


def test_what_no_pattern_is_for_falls_to_the_last_behaviour() -> None:
    assert Behaviours(POLICIES[:2]).of("/elsewhere").name == "images"


def test_only_the_days_asked_for_are_counted(engine_of: EngineOf) -> None:
    rows = [line(f"/{day}", at=86_400 * day) for day in range(-40, 41, 10)]
    found = objects(engine_of(rows), Period(first=date(2026, 10, 31), last=date(2026, 11, 30)))

    assert sorted(path for path, _ in found) == ["/-10", "/-20", "/0", "/10"]


def test_broken_lines_are_counted_and_named_and_nothing_else_is_counted_of_them(engine_of: EngineOf) -> None:
    broken = [
        line("", x_edge_request_id="a"),
        line("-", x_edge_request_id="b"),
        line("/x", status="abc", x_edge_request_id="c"),
        line("/x", status="99999", x_edge_request_id="d"),
        line("/x", timestamp_ms="-", x_edge_request_id="e"),
        line("/x", timestamp_ms="9" * 18, x_edge_request_id="f"),
    ]
    engine = engine_of([*LOG, *broken])
    named = broken_examples(engine, PERIOD)

    assert lines(engine, PERIOD) == (len(LOG) + 6, 6)
    assert "/x" not in dict(objects(engine, PERIOD))
    assert [each.reason[-3:] for each in named] == ["'a'", "'b'", "'c'", "'d'", "'e'", "'f'"]
    assert {each.file for each in named} == {"year=2026/month=11/day=20/hour=00"}
    assert "status 'abc'" in named[2].reason


def test_a_day_without_a_line_has_nothing(engine_of: EngineOf) -> None:
    engine = engine_of(LOG)
    other = Period(first=date(2026, 11, 21), last=date(2026, 12, 2))

    assert list(objects(engine, other)) == []
    assert lines(engine, other) == (0, 0)
    assert broken_examples(engine, other) == ()
    assert DAY not in (other.first, other.last)
