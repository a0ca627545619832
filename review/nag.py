"""What the packs of cdk-nag have found at synthesis, read from the assemblies (synthesis_app.py adds the packs)."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct, field, json

from review.model import Finding, Severity
from review.sides import Side

REPORT = "validation-report.json"
GATING = "AwsSolutions"
"""The pack that fails a synthesis too. The others ask for much that this project does otherwise, for reasons."""
CONTROLS = re.compile(r" - \(Control IDs?: .*?\)\.(?=\s|$)", re.DOTALL)
SENTENCE = re.compile(r"(.+?[.!?])(\s|$)", re.DOTALL)
OF_GATING = MappingProxyType({"error": Severity.HIGH, "warning": Severity.MEDIUM})
OF_OTHERS = MappingProxyType({"error": Severity.MEDIUM, "warning": Severity.LOW})


class Construct(Struct, rename="camel"):
    """Where a rule is not kept."""

    construct_path: str


class Violation(Struct, rename="camel"):
    """A rule that is not kept, and what was said to that."""

    rule_name: str
    description: str
    severity: str
    violating_constructs: list[Construct]
    reason: str = ""


class Pack(Struct, rename="camel"):
    """What one pack has found."""

    plugin_name: str
    violations: list[Violation] = field(default_factory=list[Violation])
    suppressed_violations: list[Violation] = field(default_factory=list[Violation])


class Report(Struct, rename="camel"):
    """What a synthesis has written about its validation."""

    plugin_reports: list[Pack]


def findings(side: Side) -> list[Finding]:
    """Return what was found in each stage, what is acknowledged with its reason."""
    return [finding for stage, folder in side.folders.items() for finding in _of_stage(stage, folder / REPORT)]


def _of_stage(stage: str, file: Path) -> Iterator[Finding]:
    if not file.exists():
        return
    for pack in json.decode(file.read_bytes(), type=Report).plugin_reports:
        severities = OF_GATING if pack.plugin_name == GATING else OF_OTHERS
        for violation in [*pack.violations, *pack.suppressed_violations]:
            yield from _findings(stage, violation, severities)


def _findings(stage: str, violation: Violation, severities: Mapping[str, Severity]) -> Iterator[Finding]:
    for construct in violation.violating_constructs:
        yield Finding(
            rule=violation.rule_name,
            severity=severities.get(violation.severity, Severity.LOW),
            stage=stage,
            stack=construct.construct_path.partition("/")[0],
            resource=construct.construct_path.removesuffix("/Resource"),
            title=_title(violation.description),
            source="cdk-nag",
            acknowledged=violation.reason,
        )


def _title(description: str) -> str:
    """Return the first sentence of a rule's description, without the list of controls that it serves."""
    said = " ".join(CONTROLS.sub(".", description).split())
    first = SENTENCE.match(said)
    return first[1] if first else said
