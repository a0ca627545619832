from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from blog import headers
from stacks.config import STAGES
from stacks.config_edge import EdgeConfig
from stacks.config_review import ReviewConfig, Seconds
from stacks.ttl import BEHAVIOURS, POLICIES
from tests.stacks.test_config_data import refused
from ttl_review.days import closed

NO_SCHEDULE = "is neither cron(…) nor rate(…) of EventBridge Scheduler; set schedule"
PATTERNS, NAMES = ", ".join(BEHAVIOURS), ", ".join(POLICIES)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"period_days": 0}, "period_days 0 is not within 1 to 92; set period_days"),
        ({"scan_limit_gib": 0}, "scan_limit_gib 0 is not within 1 to 7000; set scan_limit_gib"),
        ({"timeout_seconds": 901}, "timeout_seconds 901 is not within 60 to 900; set timeout_seconds"),
        ({"report_to": ("me",)}, "report_to 'me' is not a mail address; set report_to"),
        *(
            ({"schedule": schedule}, f"schedule {schedule!r} {NO_SCHEDULE}")
            for schedule in ("weekly", "cron(0 6 ? * TUE)", "rate(0 days)", "rate(1 week)", "at(2026-01-01T00:00:00)")
        ),
        (
            {"most_stale_seconds": (Seconds("posts", 60),)},
            f"most_stale_seconds 'posts' is none of {NAMES}; set most_stale_seconds",
        ),
        ({"origin_seconds": (Seconds("/x", 60),)}, f"origin_seconds '/x' is none of {PATTERNS}; set origin_seconds"),
        (
            {"origin_stale_seconds": (Seconds("/x", 60),)},
            f"origin_stale_seconds '/x' is none of {PATTERNS}; set origin_stale_seconds",
        ),
        ({"changes": (Seconds("pages", 60),)}, f"changes 'pages' is none of {PATTERNS}; set changes"),
        ({"changes": (Seconds("*", 0),)}, "changes '*' 0 is less than 1; set changes"),
        ({"changes": (Seconds("*", 1), Seconds("*", 2))}, "changes '*' is there 2 times; set changes"),
    ],
)
def test_a_review_that_cannot_be_is_one_clear_error(settings: dict[str, Any], message: str) -> None:
    assert refused(review=ReviewConfig(**settings)) == message


@pytest.mark.parametrize("schedule", ["cron(0 6 ? * TUE *)", "cron(0/30 8-18 1,15 JAN-MAR ? 2026)", "rate(12 hours)"])
def test_every_schedule_that_recurs_is_taken(schedule: str) -> None:
    replace(STAGES["dev"], review=ReviewConfig(schedule=schedule))


def test_a_period_longer_than_logs_are_kept_is_one_clear_error() -> None:
    message = (
        "log_days 8 of the edge is less than 2 more than period_days 7 of the review, which would miss logs; "
        "set log_days"
    )
    assert refused(edge=EdgeConfig(log_days=8)) == message
    replace(STAGES["dev"], edge=EdgeConfig(log_days=9))


def test_on_the_usual_day_the_usual_period_is_a_week_from_monday_to_sunday() -> None:
    tuesday = datetime(2026, 11, 24, 6, tzinfo=UTC)
    period = closed(tuesday, days=ReviewConfig().period_days)
    assert (period.first.isoweekday(), period.last.isoweekday()) == (1, 7)


def test_the_origin_asks_for_what_the_blog_says() -> None:
    said = {
        "/assets/*": f"public, max-age={31_536_000}, immutable",
        "/images/*": f"public, max-age={86_400}",
        "*": "public, max-age=0, s-maxage=60, stale-while-revalidate=30",
    }
    assert said == {"/assets/*": headers.ASSET, "/images/*": headers.IMAGE, "*": headers.PAGE}
    assert dict(ReviewConfig().origin_seconds) == {"/assets/*": 31_536_000, "/images/*": 86_400, "*": 60}
    assert dict(ReviewConfig().origin_stale_seconds) == {"*": 30}


def test_every_policy_that_keeps_has_a_bound_on_what_may_be_out_of_date() -> None:
    assert {*dict(ReviewConfig().most_stale_seconds)} == {name for name, policy in POLICIES.items() if policy.keeps}


def test_seconds_are_shown_with_what_they_are_for() -> None:
    assert str(Seconds("/images/*", 86_400)) == "/images/* 86,400"
