"""A text of parts never is longer than it may be, and leaves no part out while there is room for all."""

from hypothesis import given
from hypothesis import strategies as st

from review.room import Entry, Part, fitted

ENTRIES = st.lists(st.builds(Entry, st.text(max_size=40), st.text(max_size=80)), max_size=8)
PARTS = st.lists(st.builds(Part, st.text(max_size=40), ENTRIES, st.text(max_size=20)), max_size=8)


@given(PARTS, st.integers(60, 3_000))
def test_no_text_is_too_long(parts: list[Part], most: int) -> None:
    assert len(fitted(parts, most=most, rest="there")) <= most


@given(PARTS)
def test_where_there_is_room_everything_is_told_in_its_order(parts: list[Part]) -> None:
    text = fitted(parts, most=1_000_000, rest="there")
    at = 0
    for told in (told for part in parts for told in (part.begin, *(piece for one in part.entries for piece in one))):
        at = text.index(told, at) + len(told)


def test_the_first_part_has_at_most_half_of_the_room_and_what_is_left_out_is_counted() -> None:
    many = [Entry("x" * 9) for _ in range(1_000)]
    first, second = fitted([Part("first", many), Part("second", many)], most=2_000, rest="there").split("second")
    assert 900 < len(first) < 1_100
    assert 800 < len(second) < 1_000
    assert f"…and {1_000 - first.count('x' * 9)} more, see there" in first


def test_details_that_do_not_fit_leave_their_line() -> None:
    text = fitted([Part("begin", [Entry("line", "d" * 500)], "end")], most=200, rest="there")
    assert "line" in text
    assert "ddd" not in text


def test_an_end_stands_even_where_no_entry_does() -> None:
    text = fitted([Part("<details>", [Entry("x" * 500)], "</details>")], most=120, rest="there")
    assert text.split() == ["<details>", "-", "…and", "1", "more,", "see", "there", "</details>"]
