"""What is wrong beyond TTLs: small logs, each with one fault or none."""

from collections.abc import Callable
from typing import Any

import pytest

from local.edge.access_log import Row
from tests.edge_logs import PERIOD, line
from tests.ttl_findings import behaviour, deployed, found, well_used
from ttl_review.findings import COMPRESSED_TYPES, find

EngineOf = Callable[[Any], Any]


# objects that are not asked for again


def test_objects_that_are_never_hit_twice_are_counted_by_behaviour(engine_of: EngineOf) -> None:
    rows = [*(line(f"/once/{n}", result="Miss") for n in range(60)), line("/once/0", at=9), *well_used(times=50)]
    [finding] = [each for each in found(engine_of(rows), deployed()) if each.kind == "never-hit-twice"]

    assert (finding.subject, finding.requests) == ("*", 61)
    assert "60 of 61 objects of * were hit once at most, and 61 of its 111 answers were theirs" in finding.text


def test_an_object_that_is_asked_for_often_and_never_hit_is_named(files_of: EngineOf) -> None:
    rows = [*(line("/never", at=at, result="Miss") for at in range(70)), *well_used(times=200)]
    [finding] = [each for each in found(files_of(rows), deployed()) if each.kind == "never-hit-twice"]

    assert (finding.subject, finding.requests) == ("/never", 70)
    assert "asked for 70 times and hit never" in finding.text


def test_what_is_hit_or_not_kept_or_an_error_is_no_such_object(files_of: EngineOf) -> None:
    told = deployed(behaviour("/write*", most=0), behaviour("*"))
    rows = [
        *(line("/write", at=at, result="Miss") for at in range(70)),
        *(line("/gone", at=at, result="Error", status="404") for at in range(70)),
        *well_used(),
    ]

    assert not [each for each in found(files_of(rows), told) if each.kind == "never-hit-twice"]


# errors


def failing(*, status: str, times: int = 60, every: float = 5) -> list[Row]:
    return [line("/shop", at=at * every, result="Error", status=status) for at in range(times)]


def test_errors_that_are_kept_too_long_are_named_with_how_often_the_origin_was_not_asked(engine_of: EngineOf) -> None:
    [finding] = found(engine_of(failing(status="503", every=300)), deployed(status_503=300))

    assert (finding.kind, finding.subject, finding.requests) == ("errors-kept", "503", 60)
    assert "kept for 300 s at least, 10 s would do" in finding.text
    assert "59 of them so soon after another" in finding.text


@pytest.mark.parametrize(
    ("status", "kept"), [("503", {"status_503": 10}), ("503", {}), ("404", {"status_404": 60}), ("404", {})]
)
def test_errors_that_are_kept_briefly_are_none(files_of: EngineOf, status: str, kept: dict[str, float]) -> None:
    assert found(files_of(failing(status=status)), deployed(**kept)) == []


def test_an_answer_between_two_errors_shows_that_the_origin_was_asked(files_of: EngineOf) -> None:
    between = [line("/shop", at=at * 5 + 2, result="Miss") for at in range(60)]
    [finding] = [
        each
        for each in found(files_of([*failing(status="503"), *between]), deployed(status_503=300))
        if each.kind == "errors-kept"
    ]

    assert " 0 of them so soon after another" in finding.text


def test_errors_that_outlive_what_caused_them_are_named(engine_of: EngineOf) -> None:
    elsewhere = "FRA56-P1"
    soon_well = [
        *(line("/shop", at=at, result="Error", status="504") for at in range(60)),
        *(line("/shop", at=at + 0.5, result="Miss", location=elsewhere) for at in range(60)),
    ]
    late = [
        *(line("/late", at=at * 100, result="Error", status="502") for at in range(60)),
        *(line("/late", at=at * 100 + 50, result="Miss", location=elsewhere) for at in range(60)),
        *(line("/down", at=at * 100, result="Error", status="502") for at in range(60)),
        *(line("/late", at=at * 100 + 60, query="page=2", result="Miss", location=elsewhere) for at in range(60)),
    ]
    told = deployed(status_502=0, status_504=0)
    [finding] = [each for each in found(engine_of([*soon_well, *late]), told) if each.kind == "errors-kept"]

    assert (finding.subject, finding.requests) == ("502", 59)
    assert "up to 50 s before" in finding.text


# what the policies say


def test_cookies_in_the_key_of_what_is_kept_are_named(files_of: EngineOf) -> None:
    told = deployed(
        behaviour("/a/*", cookies=("theme", "lang")), behaviour("/b/*", most=0), behaviour("*", cookies=None)
    )
    one, two = (each for each in found(files_of(well_used()), told) if each.kind == "fragmented-by-cookie")

    assert (one.subject, one.requests, two.subject, two.requests) == ("/a/*", 0, "*", 100)
    assert one.text.startswith("theme, lang is in the key of a,")
    assert "99 of 100 requests were hits" in two.text


def test_private_answers_that_go_to_others_are_named(files_of: EngineOf) -> None:
    told = deployed(behaviour("/me*", least=5, forwards=("session",)), behaviour("*", forwards=("session",)))
    [finding] = found(files_of(well_used()), told)

    assert (finding.kind, finding.subject) == ("private-shared", "/me*")
    assert "is told session, which is not in the key, and me keeps every answer for 5 s at least" in finding.text


def test_compressible_bytes_of_a_behaviour_that_compresses_none_are_counted(engine_of: EngineOf) -> None:
    told = deployed(behaviour("/plain/*", compresses=False), behaviour("/w", most=0, compresses=False), behaviour("*"))
    html = "text/html;%20charset=utf-8"
    rows = [
        *(line("/plain/1", at=at, kind=html, size="600000") for at in range(3)),
        line("/plain/2", kind="Text/CSS", size="400000"),
        line("/plain/3", kind="image/png", size="900000"),
        line("/plain/4", kind=html, size="999"),
        line("/plain/5", kind=html, size="10000001"),
        line("/plain/6", kind=html, size="5000", status="404"),
        line("/w", kind=html, size="9000000"),
        line("/else", kind=html, size="9000000"),
    ]
    [finding] = [each for each in found(engine_of(rows), told) if each.kind == "uncompressed"]

    assert (finding.subject, finding.requests) == ("/plain/*", 4)
    assert "2.2 MB of text/css, text/html" in finding.text


def test_little_that_is_not_compressed_is_no_finding(files_of: EngineOf) -> None:
    rows = [line("/x", kind="text/html", size="900000"), *well_used()]

    assert found(files_of(rows), deployed(behaviour("*", compresses=False))) == []


def test_types_are_those_that_cloudfront_compresses() -> None:
    assert {"text/html", "image/svg+xml", "application/json", "font/ttf"} <= COMPRESSED_TYPES
    assert COMPRESSED_TYPES.isdisjoint({"image/png", "image/webp", "application/zip", "font/woff2", "video/mp4"})


def test_a_site_without_faults_has_no_findings(files_of: EngineOf) -> None:
    result = find(files_of(well_used()), PERIOD, deployed(), top=10)

    assert result.findings == ()
    assert [each.path for each in result.popular] == ["/used"]
    assert [each.counts.requests for each in result.behaviours] == [100]
