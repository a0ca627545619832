"""New code alone: nothing that a template could show, so it takes one line."""

from collections.abc import Iterator

from review.model import Change, Finding, Severity
from review.risks.comparison import Comparison
from review.risks.values import few


def find(comparison: Comparison) -> Iterator[Finding]:
    """Fold what has changed by nothing but the hash of an asset into one finding a stage."""
    stages: dict[str, list[Change]] = {}
    for change in comparison.differences.changes:
        if change.asset_only:
            stages.setdefault(change.stage, []).append(change)
    for stage, changes in sorted(stages.items()):
        named = sorted(f"{change.stack}: {change.where}" for change in changes)
        yield Finding(
            rule="assets-changed",
            severity=Severity.LOW,
            stage=stage,
            stack="",
            resource="assets",
            title=f"only code or files have changed: {few(named)}",
            source="risk",
            after=named,
        )
