"""Each risk in the project's own templates is found where it is, and its harmless neighbour is not reported."""

import pytest

from tests.review.risk import cases_access, cases_data
from tests.review.risk.cases import Case, of

CASES = [*cases_data.CASES, *cases_access.CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_risk_is_found(case: Case) -> None:
    findings = of(case, case.risk)
    assert {finding.rule for finding in findings} == {case.rule} | case.also
    assert (case.rule, case.severity) in {(finding.rule, finding.severity.value) for finding in findings}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_its_harmless_neighbour_is_not_reported(case: Case) -> None:
    assert [(finding.rule, finding.resource, finding.title) for finding in of(case, case.harmless)] == []


def test_there_are_enough_cases_to_speak_of() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40
