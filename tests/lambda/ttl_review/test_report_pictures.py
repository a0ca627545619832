"""The curves of a review as pictures."""

import io
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from PIL import Image

from tests.ttl_reviews import API, EXAMPLE, IMAGES, PAGES
from ttl_review.drawing import DARK, LEFT, RIGHT, draw
from ttl_review.model import Candidate, Curve, Interval
from ttl_review.picture import SHOWN_HEIGHT, SHOWN_WIDTH, pictures
from ttl_review.scales import TtlScale, ratio_ticks, time_ticks

MOST_BYTES = 60_000


def _image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def _marked(png: bytes, share: float, color: tuple[int, int, int]) -> int:
    """How many pixels from top to bottom have a colour, or nearly."""
    image = _image(png)
    x = LEFT + round(share * (RIGHT - LEFT))
    found: list[Any] = [image.getpixel((x, y)) for y in range(70, image.height)]
    return sum(sum(abs(one - other) for one, other in zip(pixel, color, strict=True)) < 30 for pixel in found)


def test_pictures_are_the_same_bytes_each_time() -> None:
    first, second = pictures(EXAMPLE), pictures(EXAMPLE)
    assert [one.png for one in first] == [one.png for one in second]
    assert [one.filename for one in first] == [f"curve-{which}.png" for which in (1, 2, 3, 4)]


def test_pictures_are_small_and_twice_as_large_as_they_are_shown() -> None:
    for one in (*pictures(EXAMPLE), *pictures(EXAMPLE, colours=DARK)):
        assert len(one.png) < MOST_BYTES
        assert _image(one.png).size == (2 * SHOWN_WIDTH, 2 * SHOWN_HEIGHT)


def test_the_ttl_in_force_and_the_proposed_one_are_marked() -> None:
    alone, both = draw(PAGES, None), draw(PAGES, EXAMPLE.proposals[0])
    scale = TtlScale.over([one.ttl_seconds for one in PAGES.candidates])
    accent, soft = (11, 110, 100), (89, 97, 93)
    assert _marked(alone, scale.place(300), accent) < 50
    assert _marked(both, scale.place(300), accent) > 350
    for png in (alone, both):
        assert 150 < _marked(png, scale.place(60), soft) < 250
        assert _marked(png, scale.place(300), soft) < 50
    assert _changed_above(alone, both)


def _changed_above(one: bytes, other: bytes) -> bool:
    """Whether the names of the marks differ."""
    top = (0, 0, 1200, 70)
    return _image(one).crop(top).tobytes() != _image(other).crop(top).tobytes()


def test_a_picture_says_in_words_what_is_on_it() -> None:
    [first, *_] = pictures(EXAMPLE)
    assert first.alt.replace("\u00a0", " ") == (
        "Hit ratio and mean staleness over the TTL; the hit ratio goes from 0.0 % at 0 s to 99.6 % at 12 h"
    )


def test_what_is_unknown_is_not_drawn_as_none() -> None:
    known = structs.replace(IMAGES, change_source="estimated")
    below = (118, 440, 1156, 575)
    drawn = [_image(draw(one, None)).crop(below).getcolors(1 << 20) for one in (IMAGES, known)]
    orange = [sum(count for count, color in colors or [] if color[0] > color[2] + 60) for colors in drawn]  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]
    assert orange[0] == 0
    assert orange[1] > 500


finite = st.floats(0, 1e12)
numbers = finite | st.sampled_from([math.nan, math.inf, -1.0])
ttls = st.integers(0, 10**10)
candidates = st.builds(
    Candidate,
    ttl_seconds=ttls,
    hit_ratio=st.floats(0, 1) | numbers,
    origin_requests=st.integers(0, 10**12),
    mean_stale_seconds=numbers,
    worst_stale_seconds=numbers,
)


@given(
    tried=st.lists(candidates, min_size=2, max_size=40),
    ttl=ttls,
    new=ttls,
    ratio=st.floats(0, 1) | numbers,
    source=st.sampled_from(["setting", "unknown"]),
)
@settings(max_examples=15, deadline=None)
def test_whatever_the_figures_a_picture_is_drawn_and_small(
    tried: list[Candidate], ttl: int, new: int, ratio: float, source: str
) -> None:
    strange: Curve = structs.replace(
        PAGES,
        candidates=tuple(tried),
        ttl_seconds=ttl,
        logged_hit_ratio=ratio,
        replayed_hit_ratio=ratio,
        interval=Interval(low=ratio, high=ratio),
        change_source=source,
    )
    png = draw(strange, structs.replace(EXAMPLE.proposals[0], new=new))
    assert len(png) < MOST_BYTES
    assert _image(png).size == (1200, 680)
    [picture] = pictures(structs.replace(EXAMPLE, curves=(strange,), proposals=()))
    assert "Hit ratio" in picture.alt


def test_a_curve_without_another_ttl_gets_no_picture() -> None:
    lonely = structs.replace(API, candidates=API.candidates[:1])
    assert pictures(structs.replace(EXAMPLE, curves=(lonely,))) == ()


def test_ttls_stand_apart_by_their_logarithm_and_nil_before_them() -> None:
    scale = TtlScale.over([0, 1, 10, 100])
    places = [scale.place(ttl) for ttl in (0, 1, 10, 100)]
    assert places == pytest.approx([0, 0.15, 0.575, 1])
    assert TtlScale.over([60]).place(60) == 0.5
    assert scale.named() == [0, 1, 10, 60]


@given(ratios=st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_axes_of_ratios_hold_all_of_them(ratios: list[float]) -> None:
    ticks = ratio_ticks(ratios)
    assert ticks[0] <= min(ratios) + 1e-6
    assert ticks[-1] >= max(ratios) - 1e-6
    assert 2 <= len(ticks) <= 7


@given(longest=st.floats(0, 1e15))
def test_axes_of_times_hold_the_longest(longest: float) -> None:
    ticks = time_ticks(longest)
    assert ticks[0] == 0
    assert ticks[-1] >= longest * (1 - 1e-6)
    assert 2 <= len(ticks) <= 5
