"""Each risk in the project's own templates is found where it is, and its harmless neighbour is not reported."""

from dataclasses import replace

import pytest

from review.model import Severity
from review.sides import Side
from tests.review.pairs import pair_of, project
from tests.review.risk import cases_access, cases_data
from tests.review.risk.cases import Case, found, of

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


def test_a_stack_of_another_name_or_region_starts_empty() -> None:
    base = project("prod")
    moved = replace(base.templates["prod", "Data"], region="eu-west-1")
    (finding,) = found(pair_of(base, Side({**base.templates, ("prod", "Data"): moved})))
    assert (finding.rule, finding.severity.value, finding.after) == ("stack-moved", "critical", "eu-west-1")
    assert "Data/Database/Cluster" in finding.title or " more" in finding.title


def test_a_stack_that_loses_its_protection_is_reported() -> None:
    base = project("prod")
    loose = replace(base.templates["prod", "Mail"], protected=False)
    pair = pair_of(base, Side({**base.templates, ("prod", "Mail"): loose}))
    assert [finding.rule for finding in found(pair)] == ["termination-protection-off"]
    assert found(pair_of(pair.head, base)) == []


def test_what_is_made_for_the_first_time_is_no_loss() -> None:
    findings = found(pair_of(Side({}), project("prod")))
    assert max(finding.severity for finding in findings) == Severity.MEDIUM


def test_findings_come_in_the_same_order_worst_first() -> None:
    pair = pair_of(project("prod"), Side({}))
    first, second = found(pair), found(pair)
    assert first == second
    assert [one.severity for one in first] == sorted((one.severity for one in first), reverse=True)
    assert len({one.fingerprint for one in first}) == len(first)
