"""What a review is made of, as data: how two sides (sides.py) differ, what was found, what it costs, the verdict.

Everything below `Review` is what `review.json` says; `docs/review.schema.json` describes it.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from datetime import date
from enum import Enum
from functools import total_ordering
from typing import Any, Literal

import msgspec
from msgspec import Struct

from review.described import described


@total_ordering
class Severity(Enum):
    """How much a finding weighs; later is worse."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    def __lt__(self, other: "Severity") -> bool:
        order = list(Severity)
        return order.index(self) < order.index(other)


Impact = Literal["create", "update", "replace", "may_replace", "remove", "orphan", "import", "none"]
"""What CloudFormation would do. `orphan`: no longer in the template, but kept; `none`: only what CloudFormation passes
over has changed, as metadata."""
Replacement = Literal["never", "may", "will"]
Source = Literal["risk", "cdk-nag", "cfn-lint", "mail", "gate"]
State = Literal["same", "changed", "added", "removed"]


class PropertyChange(Struct, frozen=True, kw_only=True):
    """One property, or one attribute as DeletionPolicy, before and after; what is not there is null."""

    name: str
    before: Any
    after: Any
    causes_replacement: Replacement = "never"
    replaced: tuple[str, ...] = ()
    """Logical ids that the value refers to and that are replaced: why it causes a replacement though it is the same."""


class Change(Struct, frozen=True, kw_only=True):
    """One resource that is not the same on both sides."""

    stage: str
    stack: str
    logical_id: str
    resource_type: str
    path: str
    """Its construct path, if the template tells."""
    impact: Impact
    properties: tuple[PropertyChange, ...] = ()
    attributes: tuple[PropertyChange, ...] = ()
    """What stands beside the properties: DeletionPolicy, UpdateReplacePolicy, DependsOn, Condition, Metadata, Type."""
    asset_only: bool = False
    """Nothing but the hash of an asset has changed: the code of a function, say."""

    @property
    def where(self) -> str:
        """What findings and exceptions call the resource."""
        return self.path or self.logical_id


class SectionChange(Struct, frozen=True, kw_only=True):
    """Something of a template outside of its resources, or of its stack, before and after."""

    stage: str
    stack: str
    section: str
    """As in a template: Outputs, Parameters, Conditions, Mappings …; `Stack` for region, name and protected."""
    name: str
    before: Any
    after: Any


class Permission(Struct, frozen=True, kw_only=True):
    """A statement, a managed policy or a security group's rule that one side alone has."""

    stage: str
    stack: str
    kind: Literal["statement", "managed_policy", "ingress", "egress"]
    added: bool
    value: Any


class Differences(Struct, frozen=True, kw_only=True):
    """Everything that is not the same on both sides, sorted."""

    changes: tuple[Change, ...] = ()
    sections: tuple[SectionChange, ...] = ()
    permissions: tuple[Permission, ...] = ()

    def of(self, stage: str, stack: str) -> dict[str, Change]:
        """Return the changes of one stack by logical id."""
        return {change.logical_id: change for change in self.changes if (change.stage, change.stack) == (stage, stack)}


class Finding(Struct, frozen=True, kw_only=True):
    """Something to look at before the change is approved."""

    rule: str
    """In kebab-case, or as the pack that it comes from names it."""
    severity: Severity
    stage: str
    stack: str
    resource: str
    """A construct path, or a logical id where there is none."""
    title: str
    """One sentence, without numbers of lines: it is part of what tells findings apart."""
    source: Source
    before: Any = None
    after: Any = None
    new: bool = True
    """BASE does not have it; what BASE has too never gates."""
    acknowledged: str = ""
    """Why it is accepted: the reason of an acknowledgement in the code, or of an exception."""
    gates: bool = False
    """It keeps the change from passing."""

    @property
    def fingerprint(self) -> str:
        """What is the same as long as the finding is, wherever it moves in a file."""
        parts = (self.source, self.rule, self.stage, self.stack, self.resource, self.title)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]

    @property
    def order(self) -> tuple[object, ...]:
        """Worst first: what is open before what is accepted, new before old, then by severity."""
        weight = -list(Severity).index(self.severity)
        open_first = (bool(self.acknowledged), not self.new, weight)
        return (*open_first, self.stage, self.stack, self.resource, self.rule, self.title, self.fingerprint)


class CostLine(Struct, frozen=True, kw_only=True):
    """What one resource costs a month at rest, in US dollars; 0 where a side does not have it."""

    stage: str
    stack: str
    resource: str
    item: str
    before_usd: float
    after_usd: float


class Cost(Struct, frozen=True, kw_only=True):
    """An estimate of what the stages cost a month at rest."""

    lines: tuple[CostLine, ...] = ()
    unpriced: tuple[str, ...] = ()
    """What there is no price for, a line each."""
    source: str = ""
    """Where the prices come from, and of which day."""


class Exemption(Struct, frozen=True, kw_only=True):
    """An exception: a finding that may pass, for a reason and until a day."""

    resource: str
    rule: str
    reason: str
    expires: date
    state: Literal["used", "unused", "expired"] = "unused"


class Stack(Struct, frozen=True, kw_only=True):
    """A stack of the diagram; what it was if it is removed."""

    stage: str
    stack: str
    name: str
    region: str
    resources: int
    state: State


class Reference(Struct, frozen=True, kw_only=True):
    """A value that one stack has from another."""

    stage: str
    reader: str
    reader_id: str
    """The logical id of the resource, or of the output, that the value is for."""
    producer: str
    producer_id: str
    """The logical id of the resource that the value is of; empty if it is a plain text."""
    via: Literal["export", "output", "parameter"]
    """An export, which cannot go while it is read, Fn::GetStackOutput, or a parameter in Parameter Store."""
    name: str
    state: State = "same"


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether the change may pass."""

    passed: bool
    gate: Severity | None
    """Findings this bad or worse gate; null: nothing does."""
    gating: int = 0
    """How many findings gate."""


class Review(Struct, frozen=True, kw_only=True):
    """A review of what the working tree changes against BASE."""

    base: str
    """What BASE was asked for, as a branch."""
    commit: str
    """The commit that it is."""
    today: date
    stages: tuple[str, ...]
    stacks: tuple[Stack, ...]
    references: tuple[Reference, ...]
    changes: tuple[Change, ...]
    sections: tuple[SectionChange, ...]
    permissions: tuple[Permission, ...]
    findings: tuple[Finding, ...]
    cost: Cost
    exceptions: tuple[Exemption, ...]
    verdict: Verdict


def by_weight(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first."""
    return tuple(sorted(findings, key=lambda finding: finding.order))


def schema() -> dict[str, Any]:
    """Return the JSON schema of `review.json`."""
    return described(msgspec.json.schema(Review), globals())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
