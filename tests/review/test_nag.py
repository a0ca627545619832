import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import Stack, Validations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks

from app import build
from review.model import Finding, Severity
from review.nag import REPORT, findings
from review.sides import Side
from stacks.config import STAGES
from stacks.findings import acknowledge
from tests.stacks.synthesis import new_app

PACKS = ("AwsSolutions-", "NIST.800.53.R5-", "Serverless-")
REASON = "a test needs one queue that takes whatever comes, and nothing of value goes through it"


def reported(addition: Callable[[Stack], object], *, whole: bool = True) -> list[Finding]:
    """What the packs find in the project's dev stage with one thing more in its Mail stack; or in that thing alone."""
    app = new_app()
    stack = build(app, STAGES["dev"]).mail if whole else Stack(app, "Mail")
    addition(stack)
    own = [] if whole else [AwsSolutionsChecks(app, verbose=True)]
    packs = [*own, NIST80053R5Checks(app, verbose=True), ServerlessChecks(app, verbose=True)]
    Validations.of(app).add_plugins(*packs)  # pyright: ignore[reportArgumentType]
    return findings(Side({}, folders={"dev": Path(app.synth().directory)}))


def nothing(_: Stack) -> None:
    """Add nothing."""


@pytest.fixture(scope="module")
def project() -> list[Finding]:
    return reported(nothing)


def test_every_pack_is_heard(project: list[Finding]) -> None:
    assert {pack for pack in PACKS if any(finding.rule.startswith(pack) for finding in project)} == {*PACKS}
    assert {finding.source for finding in project} == {"cdk-nag"}
    assert {finding.stage for finding in project} == {"dev"}


def test_what_the_gating_pack_finds_in_the_project_is_acknowledged_with_its_reason(project: list[Finding]) -> None:
    of_gating = [finding for finding in project if finding.rule.startswith("AwsSolutions-")]
    assert of_gating
    assert all(len(finding.acknowledged.split()) >= 10 for finding in of_gating)


def test_findings_name_the_construct_as_templates_do(project: list[Finding]) -> None:
    assert all(finding.resource.startswith(f"{finding.stack}/") for finding in project)
    assert not [finding for finding in project if finding.resource.endswith("/Resource")]


def test_titles_are_one_line_without_the_controls(project: list[Finding]) -> None:
    for finding in project:
        assert "\n" not in finding.title
        assert "Control ID" not in finding.title
        assert finding.title.endswith(".")
        assert finding.title.count(". ") == 0


def test_one_queue_more_brings_its_own_findings_alone(project: list[Finding]) -> None:
    known = {finding.fingerprint for finding in project}
    new = [one for one in reported(lambda stack: sqs.Queue(stack, "Plain")) if one.fingerprint not in known]
    assert {finding.resource for finding in new} == {"Mail/Plain"}
    gating = {one.rule: one.severity for one in new if one.rule.startswith("AwsSolutions-")}
    assert gating == {"AwsSolutions-SQS3": Severity.HIGH, "AwsSolutions-SQS4": Severity.HIGH}
    assert all(finding.severity < Severity.HIGH for finding in new if finding.rule not in gating)
    assert not any(finding.acknowledged for finding in new)


def test_an_acknowledged_finding_stays_with_its_reason_and_its_name() -> None:
    def accepted(stack: Stack) -> None:
        acknowledge(sqs.Queue(stack, "Plain"), "SQS3", reason=REASON)

    plain, told = ({one.rule: one for one in reported(add, whole=False)} for add in (_queue, accepted))
    assert told["AwsSolutions-SQS3"].acknowledged == REASON
    assert told["AwsSolutions-SQS3"].fingerprint == plain["AwsSolutions-SQS3"].fingerprint
    assert not plain["AwsSolutions-SQS3"].acknowledged
    assert not told["AwsSolutions-SQS4"].acknowledged


def test_a_rule_that_is_not_kept_twice_is_a_finding_at_each_construct() -> None:
    def two(stack: Stack) -> None:
        sqs.Queue(stack, "One")
        sqs.Queue(stack, "Two")

    places = [finding.resource for finding in reported(two, whole=False) if finding.rule == "AwsSolutions-SQS4"]
    assert sorted(places) == ["Mail/One", "Mail/Two"]


def test_advice_weighs_less_than_an_error() -> None:
    def function(stack: Stack) -> None:
        code = lambda_.Code.from_inline("def handle(event, context): ...")
        runtime = lambda_.Runtime.PYTHON_3_13
        lambda_.Function(stack, "Function", code=code, handler="index.handle", runtime=runtime)

    found = {finding.rule: finding.severity for finding in reported(function, whole=False)}
    assert found["Serverless-LambdaTracing"] is Severity.LOW
    assert found["Serverless-LambdaDLQ"] is Severity.MEDIUM


def test_an_assembly_without_a_report_has_no_findings(tmp_path: Path) -> None:
    assert findings(Side({}, folders={"dev": tmp_path})) == []


def test_a_report_without_acknowledgements_can_be_read(tmp_path: Path) -> None:
    construct = {"constructPath": "Mail/Queue/Resource", "constructFqn": "x"}
    violation = {
        "ruleName": "P-1",
        "description": "no\nsentence",
        "severity": "error",
        "violatingConstructs": [construct],
    }
    pack = {"pluginName": "P", "conclusion": "failure", "violations": [violation]}
    (tmp_path / REPORT).write_text(json.dumps({"version": "1", "pluginReports": [pack]}))
    (found,) = findings(Side({}, folders={"prod": tmp_path}))
    assert (found.stage, found.stack, found.resource, found.title) == ("prod", "Mail", "Mail/Queue", "no sentence")


def _queue(stack: Stack) -> None:
    sqs.Queue(stack, "Plain")
