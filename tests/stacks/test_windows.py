import pytest

from stacks.windows import window_problems


def problems(daily: str, weekly: str, *, least_minutes: int = 60) -> list[str]:
    return [*window_problems(daily=("daily", daily), weekly=("weekly", weekly), least_minutes=least_minutes)]


@pytest.mark.parametrize(
    ("daily", "weekly"),
    [
        ("17:00-18:00", "sun:18:00-sun:19:00"),
        ("19:00-20:00", "sun:18:00-sun:19:00"),
        ("23:30-00:30", "sun:00:30-sun:23:30"),
        ("05:00-09:00", "sun:23:00-mon:01:30"),
    ],
)
def test_windows_that_do_not_overlap_are_right(daily: str, weekly: str) -> None:
    assert problems(daily, weekly) == []


@pytest.mark.parametrize(
    ("daily", "weekly"),
    [
        ("17:00-18:00", "sun:17:59-sun:19:00"),
        ("17:00-18:00", "wed:16:30-wed:17:30"),
        ("23:30-00:30", "thu:00:00-thu:01:00"),
        ("00:00-01:00", "sun:23:30-mon:00:30"),
        ("12:00-13:00", "mon:00:00-sun:00:00"),
    ],
)
def test_windows_that_overlap_on_any_day_are_told(daily: str, weekly: str) -> None:
    assert problems(daily, weekly) == [f"daily {daily!r} overlaps weekly {weekly!r}; set daily"]


@pytest.mark.parametrize(
    "daily", ["17:00-17:59", "17:00-17:00", "24:00-25:00", "17-18", "17:00", "", "sun:17:00-18:00"]
)
def test_what_is_no_daily_window_of_that_length_is_told(daily: str) -> None:
    assert problems(daily, "sun:18:00-sun:19:00") == [
        f"daily {daily!r} is not hh:mm-hh:mm of 60 minutes or more; set daily"
    ]


@pytest.mark.parametrize("weekly", ["sun:18:00-sun:18:59", "Sun:18:00-Sun:19:00", "18:00-19:00", "sunday", ""])
def test_what_is_no_weekly_window_of_that_length_is_told(weekly: str) -> None:
    assert problems("17:00-18:00", weekly) == [
        f"weekly {weekly!r} is not ddd:hh:mm-ddd:hh:mm of 60 minutes or more; set weekly"
    ]


def test_half_an_hour_is_enough_where_aws_says_so() -> None:
    assert problems("17:00-17:30", "sun:18:00-sun:18:30", least_minutes=30) == []
