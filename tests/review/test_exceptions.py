from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from review.command import ReviewError
from review.exceptions import FILE, apply, read
from review.gate import judge
from review.model import Exemption, Finding, Severity

DAY = date(2027, 1, 31)
FINDING = Finding(
    rule="stateful-replaced",
    severity=Severity.HIGH,
    stage="dev",
    stack="Mail",
    resource="Mail/Queue",
    title="It is replaced.",
    source="risk",
)
EXCEPTION = Exemption(resource="Mail/Queue", rule="stateful-replaced", reason="it is empty", expires=DAY)
WRITTEN = """
[[exception]]
resource = "Mail/Queue"
rule = "stateful-replaced"
reason = "it is empty"
expires = 2027-01-31
"""


def written(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_a_checkout_without_the_file_has_no_exceptions(tmp_path: Path) -> None:
    assert read(tmp_path) == []


def test_exceptions_are_read_sorted(tmp_path: Path) -> None:
    other = WRITTEN.replace("Mail/Queue", "Data/Cache")
    assert [one.resource for one in read(written(tmp_path, WRITTEN + other))] == ["Data/Cache", "Mail/Queue"]
    assert read(tmp_path)[1] == EXCEPTION


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[exception]]\nresource = ", "Invalid value"),
        (WRITTEN.replace("expires", "#"), "missing required field `expires`"),
        (WRITTEN.replace("2027-01-31", '"soon"'), "Invalid RFC3339"),
        (WRITTEN.replace("it is empty", ""), "length >= 1"),
        (WRITTEN.replace("reason", "reasons"), "unknown field `reasons`"),
        (WRITTEN.replace("exception", "exceptions"), "unknown field `exceptions`"),
        (WRITTEN * 2, "rule 'stateful-replaced' of 'Mail/Queue' has two exceptions; keep one"),
    ],
)
def test_a_file_that_is_wrong_is_one_clear_error(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ReviewError, match=rf"^{FILE}: .*{complaint}"):
        read(written(tmp_path, text))


@pytest.mark.parametrize("today", [date(2026, 1, 1), DAY])
def test_an_exception_lets_its_finding_pass_up_to_its_last_day(today: date) -> None:
    (one,), findings = apply([EXCEPTION], [FINDING], today)
    assert one.state == "used"
    assert [finding.acknowledged for finding in findings] == ["it is empty"]
    assert judge(findings, Severity.LOW)[1].passed


def test_an_expired_exception_lets_nothing_pass_and_gates_itself() -> None:
    (one,), findings = apply([EXCEPTION], [FINDING], date(2027, 2, 1))
    assert one.state == "expired"
    assert [(finding.rule, finding.acknowledged) for finding in findings] == [
        ("stateful-replaced", ""),
        ("exception-expired", ""),
    ]
    assert judge(findings, Severity.CRITICAL)[1].gating == 1


@pytest.mark.parametrize("other", [{"resource": "Mail/Queues"}, {"rule": "stateful-removed"}])
def test_an_exception_for_what_is_not_found_gates(other: dict[str, str]) -> None:
    (one,), findings = apply([replace(EXCEPTION, **other)], [FINDING], DAY)
    assert one.state == "unused"
    assert [finding.rule for finding in findings] == ["stateful-replaced", "exception-unused"]
    assert not findings[0].acknowledged


def test_an_exception_stands_for_all_stages_and_for_what_base_has_too() -> None:
    found = [FINDING, replace(FINDING, stage="prod", new=False)]
    (one,), findings = apply([EXCEPTION], found, DAY)
    assert one.state == "used"
    assert all(finding.acknowledged for finding in findings)


def test_what_the_code_acknowledges_keeps_its_reason_and_needs_no_exception() -> None:
    acknowledged = replace(FINDING, acknowledged="known")
    (one,), findings = apply([EXCEPTION], [acknowledged], DAY)
    assert one.state == "unused"
    assert findings[0].acknowledged == "known"
