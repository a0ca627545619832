"""What is proposed on requests in memory, for whom, and when nothing is."""

import pytest

from tests.edge_logs import PERIOD
from tests.ttl_replays import DAY, MISS, PAGES, SETTINGS, Logged, Visit, at_places, poisson, popular, replayed
from ttl_review.proposals import curves
from ttl_review.settings import Settings


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
            Settings(least_requests=50, most_stale_seconds={"pages": 60}),
            "gains a point over",
        ),
    ],
    ids=["few requests", "another log", "no bound", "nobody", "nothing to gain"],
)
def test_nothing_is_proposed_without_data_that_carry_it(rows: list[Visit], settings: Settings, reason: str) -> None:
    made = replayed(rows, settings)
    assert made.proposals == ()
    assert any(reason in one.reason for one in made.abstentions), made.abstentions


def test_a_path_gets_a_behaviour_of_its_own_where_that_of_its_behaviour_leaves_much() -> None:
    visits = [
        *at_places(poisson(0.3, objects=2, seed=5), "/busy"),
        *at_places(poisson(0.001, objects=3, seed=6), "/slow"),
    ]
    found = popular({"/busy": 50_000, "/slow": 250})
    made = curves(
        Logged(visits, most=10**6), PERIOD, (PAGES,), popular=found, settings=SETTINGS, progress=lambda _: None
    )
    whole_one, own = made.proposals
    assert (whole_one.path, own.path, own.pattern, own.policy) == ("", "/slow", "*", "pages")
    assert own.new > whole_one.new
    assert own.reason.startswith("with a behaviour of its own, whose policy is pages but for this value, hits rise")
    assert 0 < own.interval.low < own.hit_ratio_gain < own.interval.high


def test_a_path_at_one_edge_location_alone_carries_no_proposal() -> None:
    visits = [*poisson(0.3, objects=2, seed=5), *at_places(poisson(0.003, objects=1, seed=6), "/slow")]
    found = popular({"/slow": 5_000})
    made = curves(
        Logged(visits, most=10**6), PERIOD, (PAGES,), popular=found, settings=SETTINGS, progress=lambda _: None
    )
    assert [curve.path for curve in made.curves] == ["", "/slow"]
    assert [one.path for one in made.proposals if one.path] == []


@pytest.mark.parametrize(
    ("policy", "origin", "setting", "with_it"),
    [
        ({"default_seconds": 3600}, {}, "default_seconds", ""),
        ({"default_seconds": 0}, {"*": 3600}, "max_seconds", ""),
        ({"default_seconds": 3600}, {"*": 3600}, "max_seconds", "; default_seconds must come down with it"),
        (
            {"min_seconds": 3600, "default_seconds": 3600},
            {"*": 60},
            "min_seconds",
            "",
        ),
        (
            {"min_seconds": 3600, "default_seconds": 3600},
            {},
            "min_seconds",
            "; default_seconds must come down with it",
        ),
    ],
    ids=["default", "origin", "origin and default", "minimum", "minimum and default"],
)
def test_a_ttl_beyond_what_is_accepted_is_shortened_whatever_the_hits_lose(
    policy: dict[str, int], origin: dict[str, int], setting: str, with_it: str
) -> None:
    """However few requests there are: what is accepted is known without any."""
    settings = Settings(least_requests=10**9, most_stale_seconds={"pages": 300}, origin_seconds=origin)
    (proposal,) = replayed(poisson(0.01, objects=9, seed=5, ttl=3600), settings, **policy).proposals
    assert (proposal.setting, proposal.new) == (setting, 300)
    assert proposal.old == (DAY if setting == "max_seconds" else 3600)
    assert proposal.hit_ratio_gain < -0.1
    assert proposal.interval.low < proposal.hit_ratio_gain < proposal.interval.high
    assert proposal.origin_requests_saved < 0
    reason = proposal.reason.replace("\N{NO-BREAK SPACE}", " ")
    assert reason.startswith("answers may be 1 h old, where 5 min are accepted; hits fall from ")
    assert reason.endswith(f"{with_it}.")
    assert ("must come down" in reason) == bool(with_it)


def test_where_the_log_disagrees_it_is_told_that_the_ttl_may_be_beyond_what_is_accepted() -> None:
    settings = Settings(most_stale_seconds={"pages": 300})
    made = replayed(poisson(0.01, objects=9, seed=5, ttl=5), settings, default_seconds=3600)
    assert made.proposals == ()
    (reason,) = (one.reason for one in made.abstentions if one.pattern == "*")
    assert reason.endswith("are accepted, if it is what is in force")


def test_the_host_of_a_site_in_the_key_is_no_obstacle_and_what_logs_do_not_hold_is_one() -> None:
    visits = [*poisson(0.01, objects=20, seed=5)]
    assert len(replayed(visits, headers=("Host",)).proposals) == 1
    made = replayed(visits, headers=("Authorization", "Host"))
    assert made.proposals == ()
    assert any("told apart by Authorization, which" in one.reason for one in made.abstentions)
