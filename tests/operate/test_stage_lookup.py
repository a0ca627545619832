"""Which stage a command works on, and what it says when that stage cannot be used."""

import json
import os
from pathlib import Path

import pytest

from local.cloud import Cloud
from operate import stage as stages
from operate.stage import StageError


def template(outputs: dict[str, str]) -> str:
    return json.dumps(
        {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
    )


def test_a_stage_is_known_by_the_outputs_of_its_mail_stack(cloud: Cloud) -> None:
    cloud.client("cloudformation").create_stack(
        StackName="edgepost-lookup-mail",
        TemplateBody=template({"Domain": "lookup.test", "FifoQueueUrl": "https://queue", "FifoMapping": "a-mapping"}),
    )
    stage = stages.found("lookup", cloud.client)
    assert stage.outputs["Domain"] == "lookup.test"
    assert (stage.queue_url("fifo"), stage.mapping("fifo")) == ("https://queue", "a-mapping")


@pytest.mark.parametrize(("name", "way_out"), [("never", "make deploy STAGE=never"), ("local", "make up")])
def test_a_stage_that_is_not_deployed_says_how_to_deploy_it(
    name: str, way_out: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: str) -> str:
        return "edgepost-nowhere-mail"

    monkeypatch.setattr(stages, "stack_name", nowhere)
    with pytest.raises(StageError) as error:
        stages.found(name, cloud.client)
    assert str(error.value) == f"stack edgepost-nowhere-mail is not deployed; run `{way_out}`"


def test_without_the_embedded_cloud_the_local_stage_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "STATE", tmp_path)
    with pytest.raises(StageError) as error:
        stages.find("local")
    assert str(error.value) == "the embedded cloud is not running; start it with `make up`"


@pytest.fixture
def no_aws_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("no_aws_profile")
def test_a_real_stage_without_credentials_says_so() -> None:
    with pytest.raises(StageError) as error:
        stages.find("dev")
    assert str(error.value) == "no AWS credentials for stage dev; set AWS_PROFILE or run `aws configure`"


@pytest.mark.usefixtures("no_aws_profile")
def test_a_real_stage_with_a_wrong_profile_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StageError, match=r"no AWS account for stage dev: .*nobody"):
        stages.find("dev")


def test_an_unknown_stage_names_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "staging")
    with pytest.raises(StageError) as error:
        stages.chosen()
    assert str(error.value) == "STAGE 'staging' is not one of local, dev, prod"
