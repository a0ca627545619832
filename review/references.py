"""The stacks of a review and what they have from each other, for its diagram."""

from collections.abc import Iterator
from typing import Literal, cast

from msgspec.structs import replace

from review.model import Differences, Reference, Stack, State
from review.risks.links import Links, reads
from review.sides import Side, Template
from review.values import references as referred


def stacks(base: Side, head: Side, differences: Differences) -> Iterator[Stack]:
    """Yield every stack of either side and whether it changes."""
    changed = {(one.stage, one.stack) for one in (*differences.changes, *differences.sections)}
    for place in sorted({*base.places, *head.places}):
        before, after = base.get(*place), head.get(*place)
        template = after or before
        assert template is not None  # noqa: S101 (one side has it)
        state: State = "changed" if place in changed else "same"
        yield _stack(template, "added" if before is None else "removed" if after is None else state)


def references(base: Side, head: Side) -> tuple[Reference, ...]:
    """Return what stacks have from each other on either side, sorted."""
    old, new = ({_key(one): one for one in _of_side(side)} for side in (base, head))
    states: dict[bool, State] = {True: "same", False: "added"}
    kept = [replace(one, state=states[key in old]) for key, one in new.items()]
    gone = [replace(one, state="removed") for key, one in old.items() if key not in new]
    return tuple(sorted([*kept, *gone], key=_key))


def _stack(template: Template, state: State) -> Stack:
    return Stack(
        stage=template.stage,
        stack=template.stack,
        name=template.name,
        region=template.region,
        resources=len(template.resources),
        state=state,
    )


def _key(one: Reference) -> tuple[str, ...]:
    return (one.stage, one.reader, one.reader_id, one.producer, one.producer_id, one.via, one.name)


def _of_side(side: Side) -> Iterator[Reference]:
    links = Links(side)
    for place in side.places:
        template = side.templates[place]
        for name, value in _readers(template):
            yield from _of_reader(links, template, name, value)


def _readers(template: Template) -> Iterator[tuple[str, object]]:
    yield from template.resources.items()
    yield from template.body.get("Outputs", {}).items()


def _of_reader(links: Links, template: Template, name: str, value: object) -> Iterator[Reference]:
    for feed in reads(value, template):
        source = links.sources.get(feed)
        if source is None or source.stack == template.stack:
            continue
        producer = links.side.templates[source.stage, source.stack]
        yield Reference(
            stage=template.stage,
            reader=template.stack,
            reader_id=name,
            producer=source.stack,
            producer_id=min(referred(source.value) & set(producer.resources), default=""),
            via=cast("Literal['export', 'output', 'parameter']", feed.kind),
            name=feed.name,
        )
