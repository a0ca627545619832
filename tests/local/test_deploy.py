import json
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from local.deploy import DeployError, deploy

TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    },
}


def _app(
    directory: Path,
    *,
    stack: str,
    resource: dict[str, Any],
    command: str | None = None,
    region: str = "ap-northeast-1",
) -> Path:
    """Write an app that needs no synthesis: its assembly is ready and only copied."""
    assembly = directory / "assembly"
    assembly.mkdir()
    properties = {"templateFile": "stack.template.json", "stackName": stack}
    artifact = {"type": "aws:cloudformation:stack", "environment": f"aws://unknown-account/{region}"}
    manifest = {"version": "48.0.0", "artifacts": {"Stack": artifact | {"properties": properties}}}
    (assembly / "manifest.json").write_text(json.dumps(manifest))
    (assembly / "stack.template.json").write_text(json.dumps({"Resources": {"Thing": resource}}))
    (directory / "cdk.json").write_text(json.dumps({"app": command or "cp assembly/* $CDK_OUTDIR/"}))
    return directory


def test_each_stack_is_reported_with_its_time(cloud: Cloud, tmp_path: Path) -> None:
    told: list[str] = []
    app = _app(tmp_path, stack="told", resource=TABLE)
    deploy(cloud, app=app, report=told.append)
    assert "told: deploying" in told
    assert any(line.startswith("told: deployed in ") and line.endswith(" s") for line in told)
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    assert {"CDKToolkit", "told"} <= {stack["StackName"] for stack in stacks}

    told.clear()
    deploy(cloud, app=app, report=told.append)
    assert not any("bootstrapping" in line for line in told)
    assert any(line.startswith("told: unchanged in ") for line in told)


def test_a_region_is_bootstrapped_once_a_stack_is_in_it(cloud: Cloud, tmp_path: Path) -> None:
    told: list[str] = []
    deploy(cloud, app=_app(tmp_path, stack="elsewhere", resource=TABLE, region="eu-west-1"), report=told.append)
    assert "bootstrapping eu-west-1" in told
    stacks = cloud.client("cloudformation", "eu-west-1").describe_stacks()["Stacks"]
    assert {"CDKToolkit", "elsewhere"} <= {stack["StackName"] for stack in stacks}


def test_a_failure_in_another_region_is_named_too(cloud: Cloud, tmp_path: Path) -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "AWS/CloudFront"}}
    app = _app(tmp_path, stack="failing-elsewhere", resource=alarm, region="us-east-1")
    with pytest.raises(DeployError, match=r"^deploy failed: Thing \(AWS::CloudWatch::Alarm\) of failing-elsewhere: "):
        deploy(cloud, app=app, report=lambda _: None)


def test_a_failed_resource_is_named_with_its_reason_in_one_line(cloud: Cloud, tmp_path: Path) -> None:
    table = {**TABLE, "Properties": TABLE["Properties"] | {"TimeToLiveSpecification": {"Enabled": True}}}
    app = _app(tmp_path, stack="failing", resource=table)
    with pytest.raises(DeployError) as failure:
        deploy(cloud, app=app, report=lambda _: None)
    text = str(failure.value)
    assert text.startswith("deploy failed: Thing (AWS::DynamoDB::Table) of failing: ")
    assert "timeToLiveSpecification.attributeName" in text
    assert "\n" not in text


def test_an_app_that_raises_is_told_by_its_own_words(cloud: Cloud, tmp_path: Path) -> None:
    command = "python -c 'raise ValueError(\"mail domain has no dot\")'"
    app = _app(tmp_path, stack="raising", resource=TABLE, command=command)
    with pytest.raises(DeployError, match=r"^deploy failed: ValueError: mail domain has no dot; see .*deploy.log$"):
        deploy(cloud, app=app, report=lambda _: None)


def test_a_deploy_that_hangs_is_ended_at_its_time_limit(cloud: Cloud, tmp_path: Path) -> None:
    app = _app(tmp_path, stack="hanging", resource=TABLE, command="sleep 60")
    with pytest.raises(DeployError, match=r"^cdk synth took longer than 1 s"):
        deploy(cloud, app=app, time_limit=1, report=lambda _: None)
