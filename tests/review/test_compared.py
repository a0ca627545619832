"""Two values are compared line by line: nothing of either is lost, and what differs is marked."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from review.compared import MOST, compared, lines

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_each_side_is_whole(before: Any, after: Any) -> None:
    found = compared(before, after)
    assert [line.text for line in found if line.mark != "+"] == lines(before)
    assert [line.text for line in found if line.mark != "-"] == lines(after)


def test_what_is_the_same_is_not_marked() -> None:
    marks = [line.mark for line in compared({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 1})]
    assert marks == [" ", " ", "-", "+", " ", " "]


def test_texts_are_compared_as_texts_and_nothing_has_no_lines() -> None:
    assert [*map(tuple, compared("blog", "renamed"))] == [("-", "blog"), ("+", "renamed")]
    assert [*map(tuple, compared(None, "new"))] == [("+", "new")]
    assert compared(None, None) == []


def test_very_long_values_take_no_time_to_compare() -> None:
    long = ["x"] * (MOST * 100)
    assert {line.mark for line in compared(long, [*long, "y"])} == {"-", "+"}
