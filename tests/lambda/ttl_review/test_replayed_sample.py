"""The replay of the log sample, which an edge with the blog's own headers has left: does it come to what was logged?"""

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from operate.ttl_review import settings_of
from operate.ttl_sample import FILE
from stacks.config import STAGES
from tests.ttl_tree import of_tree
from ttl_review.files import FilesEngine
from ttl_review.model import Curve, Popular
from ttl_review.popular import NOTHING
from ttl_review.proposals import Replayed, curves
from ttl_review.settings import Settings

SETTINGS = settings_of(STAGES["prod"])


def replayed(settings: Settings) -> Replayed:
    with FilesEngine(FILE.parent, threads=1) as engine:
        period = engine.period()
        assert period is not None
        front = Popular(path="/", pattern="*", counts=replace(NOTHING, requests=5850))
        policies = of_tree().policies
        return curves(engine, period, policies, popular=(front,), settings=settings, progress=lambda _: None)


@pytest.fixture(scope="module")
def made() -> Replayed:
    return replayed(SETTINGS)


def of(found: Iterable[Curve], pattern: str, path: str = "") -> Curve:
    return next(one for one in found if (one.pattern, one.path) == (pattern, path))


@pytest.mark.parametrize("pattern", ["/assets/*", "/images/*", "*"])
def test_at_the_ttl_in_force_the_replay_comes_to_the_logged_hit_ratio(made: Replayed, pattern: str) -> None:
    """Within half a point, a fourth of what a proposal may rest on."""
    curve = of(made.curves, pattern)
    assert curve.replayed_hit_ratio == pytest.approx(curve.logged_hit_ratio, abs=0.005)


@pytest.mark.parametrize("unknown", [{"origin_stale_seconds": {}}, {"origin_seconds": {}}])
def test_where_it_is_not_told_what_the_origin_asks_for_nothing_is_proposed(unknown: Any) -> None:
    told = replayed(replace(SETTINGS, **unknown))
    curve = of(told.curves, "*")
    assert curve.logged_hit_ratio - curve.replayed_hit_ratio > 0.1
    (reason,) = (one.reason for one in told.abstentions if one.pattern == "*")
    assert reason.startswith("the replay of")
    assert told.proposals == ()


def test_changes_are_estimated_as_they_were_made(made: Replayed) -> None:
    """The front page has changed ten times in the two days, the pages together 35 times."""
    front, pages = of(made.curves, "*", "/"), of(made.curves, "*")
    assert (front.change_source, pages.change_source) == ("estimated", "estimated")
    assert front.change_seconds == pytest.approx(2 * 86_400 / 10, rel=0.1)
    assert pages.change_seconds is not None
    assert 17_280 < pages.change_seconds < 276_480, "between the front page and the posts"


def test_what_never_changes_is_not_estimated_to_change_often(made: Replayed) -> None:
    images = of(made.curves, "/images/*")
    assert images.change_seconds is not None
    assert images.change_seconds > 365 * 86_400


def test_what_may_be_served_while_it_is_fetched_counts_as_out_of_date_too(made: Replayed) -> None:
    """Five minutes are allowed: with 30 seconds more, a TTL of as much is too long."""
    (reason,) = (one.reason for one in made.abstentions if one.pattern == "*")
    assert "at 2\N{NO-BREAK SPACE}min, but the origin asks for 1\N{NO-BREAK SPACE}min" in reason
    bound = replace(SETTINGS, most_stale_seconds={**SETTINGS.most_stale_seconds, "pages": 330})
    (reason,) = (one.reason for one in replayed(bound).abstentions if one.pattern == "*")
    assert "at 5\N{NO-BREAK SPACE}min, but" in reason
    candidates = {one.ttl_seconds: one for one in of(made.curves, "*").candidates}
    assert 85 < candidates[60].worst_stale_seconds < 90
