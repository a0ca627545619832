"""Figures as people read them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttl_review import wording
from ttl_review.model import Period


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        *((0, "0 s"), (0.04, "0 s"), (0.25, "0.2 s"), (1, "1 s"), (45, "45 s"), (59.97, "1 min"), (60, "1 min")),
        *(
            (90, "1.5 min"),
            (3600, "1 h"),
            (5400, "1.5 h"),
            (86_400, "1 day"),
            (129_600, "1.5 days"),
            (604_800, "7 days"),
        ),
        *((2_592_000, "30 days"), (31_536_000, "1 year"), (315_360_000, "10 years"), (None, "unknown")),
        *((float("nan"), "unknown"), (float("inf"), "unknown")),
    ],
)
def test_a_time_is_told_in_the_largest_unit_that_it_has_one_of(seconds: float | None, said: str) -> None:
    assert _plain(wording.duration(seconds)) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (0, "0.0 %"),
        (0.0004, "<0.1 %"),
        (0.875, "87.5 %"),
        (0.99996, "99.9 %"),
        (1, "100.0 %"),
        (float("nan"), "unknown"),
    ],
)
def test_a_ratio_is_neither_all_nor_nothing_unless_it_is(ratio: float, said: str) -> None:
    assert _plain(wording.percent(ratio)) == said


@pytest.mark.parametrize(
    ("gain", "said"), [(0.035, "+3.5 points"), (-0.1, "−10.0 points"), (0.0001, "0.0 points"), (-0.0001, "0.0 points")]
)
def test_a_gain_has_a_sign_where_there_is_one(gain: float, said: str) -> None:
    assert _plain(wording.points(gain)) == said


@pytest.mark.parametrize(
    ("amount", "said"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_230_000, "1.2 MB"), (99_960_000_000, "100 GB")]
)
def test_a_size_is_decimal(amount: int, said: str) -> None:
    assert _plain(wording.size(amount)) == said


@pytest.mark.parametrize(
    ("amount", "said"), [(0, "nothing"), (0.00092, "$0.00092"), (0.125, "$0.12"), (1234.5, "$1,234.50")]
)
def test_a_cost_is_never_rounded_to_nothing(amount: float, said: str) -> None:
    assert wording.dollars(amount) == said


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 11, 16), date(2026, 11, 22), "16 to 22 November 2026"),
        (date(2026, 10, 28), date(2026, 11, 3), "28 October to 3 November 2026"),
        (date(2026, 12, 29), date(2027, 1, 4), "29 December 2026 to 4 January 2027"),
        (date(2026, 11, 22), date(2026, 11, 22), "22 November 2026"),
    ],
)
def test_days_are_named_once(first: date, last: date, said: str) -> None:
    assert wording.days(Period(first=first, last=last)) == said


def test_words_are_listed() -> None:
    assert [wording.listed(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@given(text=st.text(), most=st.integers(16, 200))
def test_text_of_strangers_is_one_visible_line_that_is_not_too_long(text: str, most: int) -> None:
    shown = wording.fit(text, most)
    assert shown.isprintable()
    assert len(shown) <= most


def test_nothing_is_shown_as_such() -> None:
    assert [wording.fit(text, 9) for text in ("", " \n", "a b")] == ["–", "–", "a b"]


@pytest.mark.parametrize(
    ("text", "said"), [("nobody asked", "Nobody asked."), ("Yes.", "Yes."), ("cut…", "Cut…"), ("", ""), (" ", " ")]
)
def test_a_reason_stands_alone_as_a_sentence(text: str, said: str) -> None:
    assert wording.sentence(text) == said


def test_what_mail_programs_make_links_of_is_broken_up() -> None:
    text = "https://a.example HTTP://b www.c.example d@e.example mailto:f s3://bucket/key 12:30"
    assert wording.unlinked(text) == (
        "https[:]//a.example HTTP[:]//b www[.]c.example d[@]e.example mailto[:]f s3://bucket/key 12:30"
    )


def _plain(said: str) -> str:
    return said.replace("\u00a0", " ")
