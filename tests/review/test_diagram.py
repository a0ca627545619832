"""The picture of the stacks: who stands where, what is marked, and that lines can be followed."""

import random
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from review.diagram import HEIGHT, WIDTH, draw
from review.layout import laid_out
from review.model import Change, Reference, Stack

NAMES = "ABCDEF"
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1]))


def stack(name: str, state: Any = "same") -> Stack:
    return Stack(stage="dev", stack=name, name=f"edgepost-dev-{name}", region="eu-west-1", resources=3, state=state)


def reference(reader: str, producer: str, state: Any = "same") -> Reference:
    return Reference(
        stage="dev",
        reader=reader,
        reader_id="R",
        producer=producer,
        producer_id="P",
        via="export",
        name="n",
        state=state,
    )


def change(name: str, impact: Any) -> Change:
    return Change(stage="dev", stack=name, logical_id="A", resource_type="T", path="", impact=impact)


def boxes(picture: str) -> dict[str, tuple[int, int]]:
    """The upper left corner of each box."""
    found = re.findall(r'<rect class="box" x="(\d+)" y="(\d+)"[^>]*/><text class="name"[^>]*>(\w)</text>', picture)
    return {name: (int(x), int(y)) for x, y, name in found}


def test_who_reads_stands_right_of_what_is_read() -> None:
    at = boxes(draw("dev", [stack(name) for name in "ABC"], [reference("A", "B"), reference("B", "C")]))
    assert at["C"] < at["B"] < at["A"]


def test_stacks_that_read_each_other_are_drawn_all_the_same() -> None:
    assert draw("dev", [stack("A"), stack("B")], [reference("A", "B"), reference("B", "A")]).count("<path") == 2


def test_what_is_read_of_a_stack_of_another_stage_is_no_line() -> None:
    assert "<path" not in draw("dev", [stack("A")], [reference("A", "Elsewhere")])


def test_a_line_says_how_many_values_it_is_and_which_are_new_or_gone() -> None:
    states = ("same", "same", "added", "removed")
    picture = draw("dev", [stack("A"), stack("B")], [reference("A", "B", state) for state in states])
    assert '<g class="line changed"><title>B to A: 2 +1 −1</title>' in picture


def test_a_line_is_added_or_removed_only_where_all_its_values_are() -> None:
    for state in ("added", "removed"):
        pair = [reference("A", "B"), reference("A", "B", state)]
        assert '<g class="line changed"' in draw("dev", [stack("A"), stack("B")], pair)
        assert f'<g class="line {state}"' in draw("dev", [stack("A"), stack("B")], pair[1:])


def test_a_box_tells_the_worst_first_in_words_and_by_its_colour() -> None:
    changes = [change("A", impact) for impact in ("update", "update", "create", "replace")]
    picture = draw("dev", [stack("A", "changed"), stack("B", "added"), stack("C")], [], changes)
    assert '<g class="changed replace">' in picture
    assert picture.index("± 1 replaced") < picture.index("+ 1 added")
    assert "~ 2 changed" not in picture, "there is room for two"
    assert "1 imported" not in draw("dev", [stack("A")], [], [change("A", "may_replace"), change("A", "import")])
    for told in ("3 resources, new", "3 resources, unchanged"):
        assert told in picture


@given(st.text(min_size=1, max_size=60))
def test_any_name_of_a_stack_is_text_of_the_picture(name: str) -> None:
    other = stack("z" * 61)
    pictures = (draw("dev", [stack(each), other], [reference(other.stack, each)]) for each in ("x", name))
    plain, hostile = (sorted(re.findall(r"<[^ >]*", picture)) for picture in pictures)
    assert hostile == plain


def test_a_picture_is_the_same_whatever_the_order() -> None:
    stacks = [stack(name) for name in NAMES]
    references = [reference(*pair) for pair in ("BA", "CA", "DB", "DC", "ED", "EA", "FC")]
    drawn = {draw("dev", stacks, references)}
    for seed in range(5):
        chance = random.Random(seed)
        chance.shuffle(stacks)
        chance.shuffle(references)
        drawn.add(draw("dev", stacks, references))
    assert len(drawn) == 1


@given(PAIRS)
def test_every_stack_stands_once_and_boxes_do_not_overlap(pairs: list[tuple[str, str]]) -> None:
    layout = laid_out(NAMES, {*pairs})
    assert sorted(item.stack for column in layout.columns for item in column if item.stack) == [*NAMES]
    at = [*boxes(draw("dev", [stack(name) for name in NAMES], [reference(*pair) for pair in pairs])).values()]
    for one, (x, y) in enumerate(at):
        assert all(abs(x - u) >= WIDTH or abs(y - v) >= HEIGHT for u, v in at[:one])


def test_no_line_runs_below_a_box_that_it_passes() -> None:
    stacks = [stack(name) for name in "ABCD"]
    picture = draw("dev", stacks, [reference(*pair) for pair in ("BA", "CB", "DC", "DA")])
    ((_, way),) = re.findall(r"<title>(A to D): 1</title><path d=\"([^\"]+)\"", picture)
    passed = [float(y) for y in re.findall(r" (\d+) H", way)]
    assert len(passed) == 2
    for name, y in zip("BC", passed, strict=True):
        top = boxes(picture)[name][1]
        assert not top <= y <= top + HEIGHT


def test_lines_of_a_box_begin_and_end_apart() -> None:
    picture = draw("dev", [stack(name) for name in "ABCD"], [reference("D", name) for name in "ABC"])
    tips = re.findall(r'<polygon points="(\d+),(\d+)', picture)
    assert len({x for x, _ in tips}) == 1
    assert min(abs(int(one) - int(other)) for _, one in tips for _, other in tips if one != other) >= HEIGHT // 4
    assert len({*tips}) == len(tips)
