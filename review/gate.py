"""Whether a change may pass: by what is found new against BASE, and not accepted."""

from collections.abc import Iterable

from msgspec.structs import replace

from review.command import ReviewError
from review.model import Finding, Severity, Verdict, by_weight

DEFAULT = Severity.HIGH
NONE = "none"


def threshold(text: str) -> Severity | None:
    """Return the severity that gates; None: nothing does."""
    if not text:
        return DEFAULT
    known = {severity.value: severity for severity in Severity}
    if text not in (*known, NONE):
        raise ReviewError(f"GATE '{text}' is none of {', '.join(known)} and {NONE}")
    return known.get(text)


def judge(findings: Iterable[Finding], gate: Severity | None) -> tuple[tuple[Finding, ...], Verdict]:
    """Return the findings, worst first and with those marked that gate, and what follows."""
    judged = by_weight(replace(finding, gates=_gates(finding, gate)) for finding in findings)
    gating = sum(finding.gates for finding in judged)
    return judged, Verdict(passed=not gating, gate=gate, gating=gating)


def _gates(finding: Finding, gate: Severity | None) -> bool:
    if gate is None or finding.acknowledged or not finding.new:
        return False
    # What is wrong with exceptions gates at any threshold.
    return finding.source == "gate" or finding.severity >= gate
