"""`make deploy` deploys in order, and a stack again when what it reads in another region has changed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from operate import cdk, stage
from operate.revision import revision

HOME, EDGE = "edgepost-dev-web", "edgepost-dev-edge"
REGIONS = {HOME: "ap-northeast-1", EDGE: "us-east-1"}


def read(stack: str, output: str) -> dict[str, Any]:
    return {"Fn::GetStackOutput": {"StackName": stack, "Region": REGIONS[stack], "OutputName": output}}


TEMPLATE = {
    "Resources": {
        "Origin": {"Properties": {"Arn": read(HOME, "Arn")}},
        "Logs": {"Properties": {"To": [read(HOME, "Bucket"), "/cdn"]}},
    }
}

REVIEW = {"Resources": {"Table": {"Of": read(EDGE, "Distribution")}, "Shown": {"Arn": read(HOME, "Arn")}}}
OUTPUTS = {("ap-northeast-1", HOME): {"Arn": "a", "Bucket": "b"}, ("us-east-1", EDGE): {"Distribution": "E1"}}
"""By region and stack."""


def revision_of(outputs: Mapping[str, str], template: Any = TEMPLATE) -> str:
    return revision(template, lambda stack, region: {("ap-northeast-1", HOME): outputs}[region, stack])


def test_the_revision_stays_while_the_values_do() -> None:
    before = revision_of({"Arn": "a", "Bucket": "b"})
    assert before == revision_of({"Bucket": "b", "Arn": "a", "SomethingElse": "c"})
    assert before.isalnum()


@pytest.mark.parametrize("outputs", [{"Arn": "a2", "Bucket": "b"}, {"Arn": "a", "Bucket": "b2"}])
def test_the_revision_changes_with_each_value(outputs: dict[str, str]) -> None:
    assert revision_of(outputs) != revision_of({"Arn": "a", "Bucket": "b"})


def test_at_home_in_us_east_1_nothing_is_read_and_no_stack_asked() -> None:
    def nothing(stack: str, region: str) -> Mapping[str, str]:
        raise AssertionError(stack, region)

    assert revision({"Resources": {"Origin": {"Fn::ImportValue": "a"}}}, nothing) == revision({}, nothing)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the CDK command line is called with, where home has been deployed; the first call writes templates."""
    called: list[list[str]] = []

    def run(*arguments: str, environment: Mapping[str, str]) -> int:
        assert environment["FOR"] == "dev"
        called.append([*arguments])
        (tmp_path / "Edge.template.json").write_text(json.dumps(TEMPLATE))
        (tmp_path / "Review.template.json").write_text(json.dumps(REVIEW))
        return 0

    def environment(verb: str, name: str) -> dict[str, str]:
        return {"FOR": name, "VERB": verb}

    def outputs(_stage: str, stack: str, region: str) -> dict[str, str]:
        return OUTPUTS[region, stack]

    def connect(name: str, *, region: str) -> str:
        assert name == "dev"
        return region

    monkeypatch.setattr(cdk, "cdk", run)
    monkeypatch.setattr(cdk, "OUTPUT", tmp_path)
    monkeypatch.setattr(cdk, "environment_of", environment)
    monkeypatch.setattr(stage, "connect", connect)
    monkeypatch.setattr(stage, "outputs_of", outputs)
    monkeypatch.setattr("sys.argv", ["cdk", "deploy"])
    monkeypatch.setenv("STAGE", "dev")
    return called


def test_edge_and_review_follow_each_with_the_revision_of_what_is_there_then(
    commands: list[list[str]], tmp_path: Path
) -> None:
    assert cdk.main() == 0
    home, edge, everything = commands
    assert home == ["deploy", "Web", "--context", "stage=dev", "--output", str(tmp_path)]
    word = revision_of({"Arn": "a", "Bucket": "b"})
    parameter = f"edgepost-dev-edge:Revision={word}"
    assert edge == ["deploy", "Edge", "--app", str(tmp_path), "--parameters", parameter]
    word = revision(REVIEW, lambda stack, region: OUTPUTS[region, stack])
    parameter = f"edgepost-dev-review:Revision={word}"
    assert everything == ["deploy", "--all", "--app", str(tmp_path), "--parameters", parameter]


@pytest.mark.parametrize("attempt", [1, 2])
def test_nothing_follows_a_deploy_that_failed(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, attempt: int
) -> None:
    deploy = cdk.cdk

    def fails(*arguments: str, environment: Mapping[str, str]) -> int:
        deploy(*arguments, environment=environment)
        return int(len(commands) == attempt)

    monkeypatch.setattr(cdk, "cdk", fails)
    assert cdk.main() == 1
    assert len(commands) == attempt
