from collections.abc import Iterator

import pytest

from review.lint import Linters
from review.model import Finding, Severity
from review.sides import Side
from stacks.config import STAGES
from tests.review.pairs import Edit, bodies, changed, project, properties


@pytest.fixture(scope="module")
def linters() -> Iterator[Linters]:
    """Processes that lint, for all tests here."""
    with Linters() as started:
        yield started


def linted(linters: Linters, edit: Edit, stack: str = "Mail") -> list[Finding]:
    """What cfn-lint finds in a template of the project after an edit."""
    pair = changed(stack, edit)
    return linters.findings(Side({("dev", stack): pair.head.templates["dev", stack]}))


def test_the_projects_own_templates_are_clean(linters: Linters) -> None:
    assert linters.findings(project()) == []


def test_a_value_that_cannot_be_is_found_at_its_resource(linters: Linters) -> None:
    (found,) = linted(linters, lambda body: properties(body, "SQS::Queue").update(MessageRetentionPeriod="soon"))
    assert found.source == "cfn-lint"
    assert found.rule == "E3012"
    assert found.severity is Severity.HIGH
    assert (found.stage, found.stack) == ("dev", "Mail")
    assert found.resource.startswith("Mail/")
    assert found.title == "'soon' is not of type 'integer' (Properties/MessageRetentionPeriod)"


def test_another_value_that_can_be_is_not(linters: Linters) -> None:
    assert linted(linters, lambda body: properties(body, "SQS::Queue").update(MessageRetentionPeriod=86_400)) == []


def test_what_is_no_error_weighs_less(linters: Linters) -> None:
    unused = {"Unused": {"Type": "String"}}
    (found,) = linted(linters, lambda body: body.setdefault("Parameters", {}).update(unused))
    assert (found.rule, found.severity, found.resource) == ("W2001", Severity.MEDIUM, "Mail")


def test_what_a_region_does_not_have_is_found_there(linters: Linters) -> None:
    resources = {"A": {"Type": "AWS::CloudFront::VpcOrigin", "Properties": {}}}
    here = linters.findings(bodies({"Resources": {}}, {"Resources": resources}).head)
    assert {finding.resource for finding in here} == {"A"}


def test_a_finding_is_the_same_wherever_in_a_list_it_stands(linters: Linters) -> None:
    wrong, right = {"Key": 1}, {"Key": "k", "Value": "v"}
    first, last = (
        linted(linters, lambda body, tags=tags: properties(body, "SQS::Queue").update(Tags=tags))
        for tags in ([wrong], [right, wrong])
    )
    assert first
    assert {finding.fingerprint for finding in first} == {finding.fingerprint for finding in last}


def test_one_template_does_not_color_what_is_found_in_the_next(linters: Linters) -> None:
    wrong: Edit = lambda body: properties(body, "SQS::Queue").update(VisibilityTimeout="long")  # noqa: E731
    with Linters() as fresh:
        assert linted(fresh, wrong) == linted(linters, wrong)
    assert linters.findings(project()) == []


def test_a_template_that_is_on_both_sides_is_linted_once(linters: Linters) -> None:
    linters.findings(project())
    before = linters.linted
    assert linters.findings(Side(dict(project().templates))) == []
    assert linters.linted == before


def test_other_code_alone_is_not_linted_again(linters: Linters) -> None:
    def edit(body: dict[str, object]) -> None:
        code = properties(body, "Lambda::Function")["Code"]
        code["S3Key"] = f"{'a' * 64}.zip"

    linters.findings(project())
    before = linters.linted
    assert linters.findings(changed("Mail", edit).head) == []
    assert linters.linted == before


def test_what_is_no_template_is_found_and_breaks_nothing(linters: Linters) -> None:
    nothing = bodies({}, {}).head
    assert {finding.resource for finding in linters.findings(nothing)} == {"Mail"}


def test_each_region_of_a_stage_is_known() -> None:
    assert {template.region for template in project().templates.values()} == {STAGES["dev"].region, "us-east-1"}
