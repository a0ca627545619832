"""Findings that say the same are one, with the resources and stages that they are of."""

from review.model import Finding, Severity
from review.together import Place, together


def finding(resource: str, stage: str, title: str = "it is open", *, after: object = None) -> Finding:
    return Finding(
        rule="open",
        severity=Severity.HIGH,
        stage=stage,
        stack="Web",
        resource=resource,
        title=title,
        source="risk",
        after=after,
    )


def test_the_same_of_several_resources_and_stages_is_told_once() -> None:
    (told,) = together([finding("A", "dev"), finding("B", "prod"), finding("A", "prod")])
    assert told.places == (Place("A", ("dev", "prod")), Place("B", ("prod",)))


def test_another_title_or_another_value_is_another_finding_in_the_order_given() -> None:
    found = [finding("A", "dev", "z"), finding("A", "dev", "a"), finding("A", "dev", "a", after=1)]
    assert [(told.finding.title, told.finding.after) for told in together(found)] == [
        ("z", None),
        ("a", None),
        ("a", 1),
    ]


def test_what_is_of_no_resource_and_no_stage_is_told_all_the_same() -> None:
    (told,) = together([finding("", "")])
    assert told.places == (Place("", ()),)
