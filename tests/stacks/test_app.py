from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_cdk import Stack, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import ManualArgs, lint  # pyright: ignore[reportMissingTypeStubs]

from stacks.findings import acknowledge
from tests.stacks.synthesis import STACKS, Synthesized, new_app, run_app, synthesize
from tests.stacks.variants import VARIANTS, synthesize_variant


def test_two_runs_write_the_same_bytes_and_the_librarys_own_validation_passes(tmp_path: Path) -> None:
    done = run_app(tmp_path, {"stage": "prod"})
    assert done.returncode == 0, done.stderr
    first, second = synthesize("prod"), Synthesized(tmp_path)
    for stack in STACKS:
        assert first.template(stack).text == second.template(stack).text
    assert all(report["conclusion"] == "success" for report in second.report["pluginReports"])


@pytest.mark.parametrize("context", [{}, {"stage": "staging"}])
def test_a_stage_that_there_is_not_is_one_clear_error(tmp_path: Path, context: dict[str, str]) -> None:
    done = run_app(tmp_path, context)
    assert done.returncode == 1
    named = repr(context.get("stage"))
    assert done.stderr == f"stage {named} is none of local, dev, prod; set it as in: cdk synth -c stage=dev\n"


def test_nothing_asks_for_an_account_or_a_lookup(synthesized: Synthesized) -> None:
    manifest = synthesized.manifest
    assert "missing" not in manifest
    environments = {stack: manifest["artifacts"][stack]["environment"] for stack in STACKS}
    at_the_edge = environments.pop("Edge")
    assert at_the_edge == "aws://unknown-account/us-east-1"
    assert {*environments.values()} == {"aws://unknown-account/ap-northeast-1"}


def test_cdk_nag_finds_nothing_unexplained(synthesized: Synthesized) -> None:
    assert unexplained(synthesized) == []


def test_every_acknowledgement_silences_a_finding_at_its_construct(synthesized: Synthesized) -> None:
    assert stale(synthesized) == set()


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_setting_brings_a_finding_or_makes_an_acknowledgement_stale(variant: str) -> None:
    synthesized = synthesize_variant(variant)
    assert unexplained(synthesized) == []
    assert stale(synthesized) == set()


def test_a_misspelt_acknowledgement_is_found_out() -> None:
    app = new_app()
    stack = Stack(app, "Alone")
    queue = sqs.Queue(stack, "Queue")
    acknowledge(queue, "SQS3", reason="the test needs one queue")
    acknowledge(queue, "SQS9", reason="there is no such rule")

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    assert stale(Synthesized(Path(app.synth().directory))) == {("Alone/Queue", "AwsSolutions::AwsSolutions-SQS9")}


def test_reasons_are_sentences(synthesized: Synthesized) -> None:
    assert all(len(reason.split()) >= 10 for _, _, reason in acknowledged(synthesized))


def test_cfn_lint_finds_nothing(synthesized: Synthesized) -> None:
    assert linted(synthesized) == []


@pytest.mark.parametrize("variant", ["public", "at home in us-east-1", "count only"])
def test_cfn_lint_finds_nothing_with_other_settings_of_the_edge(variant: str) -> None:
    assert linted(synthesize_variant(variant)) == []


def linted(synthesized: Synthesized) -> list[object]:
    """What cfn-lint finds, in the region of each stack."""
    # W3005: the library makes each function wait for its role, which naming the role does already.
    return [
        finding
        for stack in STACKS
        for finding in lint(
            synthesized.template(stack).text,
            config=ManualArgs(regions=[synthesized.region(stack)], ignore_checks=["W3005"]),  # pyright: ignore[reportArgumentType]
        )
    ]


def unexplained(synthesized: Synthesized) -> list[object]:
    """What cdk-nag finds and nobody has acknowledged."""
    (report,) = synthesized.report["pluginReports"]
    assert report["pluginName"] == "AwsSolutions"
    return report["violations"]


def acknowledged(synthesized: Synthesized) -> Iterator[tuple[str, str, str]]:
    """What we have acknowledged: construct path, rule, reason. The library does so for its own validator too."""
    for path, entries in synthesized.metadata.items():
        for entry in entries:
            if entry["type"] == "aws:cdk:acknowledged-rules":
                for rule, reason in entry["data"].items():
                    if rule.startswith("AwsSolutions::"):
                        yield path.removeprefix("/"), rule, reason


def stale(synthesized: Synthesized) -> set[tuple[str, str]]:
    """Acknowledgements that no finding answers to: construct path and rule."""
    used = {
        (finding["acknowledgedAt"], finding["acknowledgedId"])
        for report in synthesized.report["pluginReports"]
        for finding in report["suppressedViolations"]
    }
    return {(path, rule) for path, rule, _ in acknowledged(synthesized)} - used
