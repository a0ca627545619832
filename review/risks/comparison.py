"""Both sides, resource by resource, as the rules look at them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from review.model import Differences, Finding, Severity
from review.risks.links import Links, Resource
from review.sides import Side, Template


@dataclass(frozen=True)
class Pair:
    """A resource before and after; one that is added has no before, one that is removed has no after."""

    stage: str
    stack: str
    logical_id: str
    where: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def kind(self) -> str:
        """The resource's type; of one whose type has changed, what it was."""
        return (self.before or self.after or {}).get("Type", "")

    @property
    def old(self) -> dict[str, Any]:
        """The properties before."""
        return (self.before or {}).get("Properties") or {}

    @property
    def new(self) -> dict[str, Any]:
        """The properties after."""
        return (self.after or {}).get("Properties") or {}

    @property
    def stays(self) -> bool:
        """Whether it is a resource of the same type on both sides."""
        return self.before is not None and self.after is not None and self.before["Type"] == self.after["Type"]

    def finding(
        self, rule: str, severity: Severity, title: str, before: object = None, after: object = None
    ) -> Finding:
        """Return a finding on this resource."""
        return Finding(
            rule=rule,
            severity=severity,
            stage=self.stage,
            stack=self.stack,
            resource=self.where,
            title=title,
            source="risk",
            before=before,
            after=after,
        )


class Comparison:
    """Both sides and how they differ, for the rules."""

    def __init__(self, base: Side, head: Side, differences: Differences) -> None:
        self.base = base
        self.head = head
        self.differences = differences
        self.before = Links(base)
        self.after = Links(head)

    @cached_property
    def stacks(self) -> list[tuple[str, str]]:
        """Stage and name of each stack that is on a side."""
        return sorted({*self.base.templates, *self.head.templates})

    @cached_property
    def changed(self) -> list[Pair]:
        """The resources that are not the same on both sides."""
        return [pair for stage, stack in self.stacks for pair in self.pairs(stage, stack) if pair.before != pair.after]

    def of(self, *kinds: str) -> list[Pair]:
        """Return the changed resources of some types."""
        return [pair for pair in self.changed if pair.kind in kinds]

    def pair(self, resource: Resource) -> Pair:
        """Return one resource that is on a side."""
        pairs = self.pairs(resource.stage, resource.stack)
        return next(pair for pair in pairs if pair.logical_id == resource.logical_id)

    def pairs(self, stage: str, stack: str) -> Iterator[Pair]:
        """Yield every resource of a stack that is on a side."""
        before, after = self.base.get(stage, stack), self.head.get(stage, stack)
        old, new = (side.resources if side else {} for side in (before, after))
        for name in sorted({*old, *new}):
            yield Pair(stage, stack, name, _where(name, (after, before)), old.get(name), new.get(name))


Rule = Callable[[Comparison], Iterable[Finding]]
"""A family of risks: finds them in what has changed."""


def _where(logical_id: str, templates: Iterable[Template | None]) -> str:
    """What a resource is called after; of one that is gone, what it was called before."""
    known = (template for template in templates if template and logical_id in template.resources)
    return next(known).where(logical_id)
