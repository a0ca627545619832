"""Findings that say the same of several resources or stages, as one: what an approver reads once."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from review.model import Finding


class Place(NamedTuple):
    """A resource, and the stages in which it is so; either may be empty."""

    resource: str
    stages: tuple[str, ...]


class Told(NamedTuple):
    """What is found, and where."""

    finding: Finding
    """The first of them."""
    places: tuple[Place, ...]


def together(findings: Iterable[Finding]) -> list[Told]:
    """Return findings in the order of the first of each."""
    same: dict[bytes, list[Finding]] = {}
    for finding in findings:
        same.setdefault(_said(finding), []).append(finding)
    return [Told(found[0], tuple(_places(found))) for found in same.values()]


def _said(finding: Finding) -> bytes:
    return msgspec.json.encode(replace(finding, stage="", stack="", resource=""), order="deterministic")


def _places(findings: Iterable[Finding]) -> Iterable[Place]:
    stages: dict[str, set[str]] = {}
    for finding in findings:
        stages.setdefault(finding.resource, set()).add(finding.stage)
    return (Place(resource, tuple(sorted(in_ - {""}))) for resource, in_ in stages.items())
