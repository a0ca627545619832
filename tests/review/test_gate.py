import pytest
from msgspec.structs import replace

from review.command import ReviewError
from review.gate import judge, threshold
from review.model import Finding, Severity

FINDING = Finding(
    rule="stateful-replaced",
    severity=Severity.HIGH,
    stage="dev",
    stack="Mail",
    resource="Mail/Queue",
    title="It is replaced.",
    source="risk",
)


@pytest.mark.parametrize(("severity", "gates"), [("low", False), ("medium", False), ("high", True), ("critical", True)])
def test_what_is_as_bad_as_the_threshold_or_worse_gates(severity: str, gates: bool) -> None:
    (judged,), verdict = judge([replace(FINDING, severity=Severity(severity))], threshold("high"))
    assert judged.gates == gates
    assert (verdict.passed, verdict.gating) == (not gates, int(gates))


@pytest.mark.parametrize("accepted", [{"new": False}, {"acknowledged": "we know"}])
def test_what_base_has_too_and_what_is_accepted_do_not_gate(accepted: dict[str, object]) -> None:
    (judged,), verdict = judge([replace(FINDING, **accepted)], Severity.LOW)
    assert not judged.gates
    assert verdict.passed


def test_with_no_gate_nothing_gates() -> None:
    bad = [replace(FINDING, severity=Severity.CRITICAL), replace(FINDING, source="gate")]
    assert judge(bad, threshold("none"))[1].passed


def test_a_misplaced_exception_gates_at_any_threshold() -> None:
    assert not judge([replace(FINDING, source="gate")], Severity.CRITICAL)[1].passed


def test_the_worst_stands_first_and_what_is_accepted_last() -> None:
    low, critical = (replace(FINDING, severity=severity) for severity in (Severity.LOW, Severity.CRITICAL))
    old, accepted = replace(critical, new=False), replace(critical, acknowledged="we know")
    assert [*judge([accepted, low, old, critical], None)[0]] == [critical, low, old, accepted]


def test_the_order_of_what_is_found_does_not_matter() -> None:
    found = [replace(FINDING, resource=name, stage=stage) for name in "abc" for stage in ("dev", "prod")]
    assert judge(found, None) == judge(reversed(found), None)


def test_high_gates_by_default_and_a_threshold_that_there_is_not_is_one_clear_error() -> None:
    assert threshold("") is Severity.HIGH
    with pytest.raises(ReviewError, match="GATE 'hgih' is none of low, medium, high, critical and none"):
        threshold("hgih")


def test_a_finding_keeps_its_fingerprint_as_its_values_and_severity_change() -> None:
    same = replace(FINDING, severity=Severity.LOW, before=1, new=False, acknowledged="x", gates=True)
    assert same.fingerprint == FINDING.fingerprint
    others = {"rule": "a", "stage": "a", "stack": "a", "resource": "a", "title": "a", "source": "gate"}
    for name, value in others.items():
        assert replace(FINDING, **{name: value}).fingerprint != FINDING.fingerprint
