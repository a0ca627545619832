"""`make destroy` of a small stage `dev` on the embedded cloud, with a CDK command line that only deletes stacks."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

import app
from local.cloud import Cloud
from operate import cdk, deployed_stacks, destroy, stage
from tests.cloud_parts import delete_stack, put_stack
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
Json = dict[str, Any]
BUCKET, KEPT = "operate-destroy-logs", "operate-destroy-kept"
STACKS: dict[str, Json] = {
    "mail": {
        "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "dev.example.com"}},
        "Record": {
            "Type": "AWS::Route53::RecordSet",
            "Properties": {
                "HostedZoneId": {"Ref": "Zone"},
                "Name": "_dmarc.dev.example.com.",
                "Type": "TXT",
                "TTL": "300",
                "ResourceRecords": ['"v=DMARC1"'],
            },
        },
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "operate-destroy"}},
    },
    "web": {
        "Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
        "Kept": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": KEPT}, "DeletionPolicy": "Retain"},
    },
}


class CdkCli:
    """Deletes stacks as `cdk destroy` does, one at a time; `failing` it does not delete."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.run: list[str] = []
        self.failing = ""

    def __call__(self, *arguments: str, environment: Mapping[str, str]) -> int:
        assert not environment
        verb, what = arguments[:2]
        self.run.append(f"{verb} {what}")
        assert verb == "synth" or "--exclusively" in arguments
        if what == self.failing:
            return 1
        if verb == "destroy":
            delete_stack(self.cloud, f"edgepost-dev-{what.lower()}")
        return 0


@pytest.fixture
def cli(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[CdkCli]:
    """The stage, deployed, with something in its buckets and its zone."""
    for part, resources in STACKS.items():
        put_stack(cloud, "create", f"edgepost-dev-{part}", {"Resources": resources})
    s3, route53 = cloud.client("s3"), cloud.client("route53")
    for bucket in (BUCKET, KEPT):
        for number in range(3):
            s3.put_object(Bucket=bucket, Key=f"{number}", Body=b"1")
    strange = {"Name": "_a.dev.example.com.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "b.test."}]}
    for zone in route53.list_hosted_zones()["HostedZones"]:
        if zone["Name"] == "dev.example.com.":
            change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": strange}]}
            route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch=change)
    cli = CdkCli(cloud)
    monkeypatch.setattr(stage, "connect", lambda _, region="": lambda service: cloud.client(service, region or HOME))
    monkeypatch.setattr(cdk, "cdk", cli)
    monkeypatch.setattr(cdk, "environment_of", lambda *_: {})
    monkeypatch.setenv("STAGE", "dev")
    monkeypatch.delenv("DRY", raising=False)
    yield cli
    cli.failing = ""
    for part in STACKS:
        if [*deployed_stacks.find("dev", part)]:
            cli("destroy", part.capitalize(), "--exclusively", environment={})
    for number in range(3):
        s3.delete_object(Bucket=KEPT, Key=f"{number}")
    s3.delete_bucket(Bucket=KEPT)


HOME = stage.STAGES["dev"].region


def typing(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("builtins.input", lambda: answer)


def there() -> list[str]:
    return [found.part for found in deployed_stacks.find("dev")]


def test_every_stack_of_a_stage_is_known_in_deploy_order() -> None:
    assert app.Edgepost._fields == deployed_stacks.PARTS


def test_it_tells_first_what_goes_and_what_stays_and_why(cli: CdkCli, command: Command) -> None:
    code, lines, _ = told(command, DRY="yes")
    assert code == 0
    assert lines[:2] == ["stack      edgepost-dev-web, 2 resources", "stack      edgepost-dev-mail, 4 resources"]
    goes = [line.removeprefix("goes").strip() for line in lines if line.startswith("goes")]
    assert f"AWS::S3::Bucket {BUCKET}: 3 objects" in goes
    assert any(line.startswith("CNAME record _a.dev.example.com. of zone ") for line in goes)
    assert any(line.startswith("AWS::Route53::HostedZone ") for line in goes)
    assert any(line.startswith("AWS::SQS::Queue ") for line in goes)
    assert not [line for line in goes if "_dmarc" in line or KEPT in line]
    stays = [line.removeprefix("stays").strip() for line in lines if line.startswith("stays")]
    assert f"AWS::S3::Bucket {KEPT}: the stage is protected, so that nothing with data is deleted" in stays
    assert any(line.startswith("AWS::KMS::Key ") and "for 30 days" in line for line in stays)
    assert any(line.startswith("stack CDKToolkit in ap-northeast-1 and us-east-1") for line in stays)
    assert (there(), cli.run) == (["mail", "web"], [])


@pytest.mark.parametrize("answer", ["", "yes", "prod", "DEV"])
def test_nothing_goes_unless_the_name_of_the_stage_is_typed(
    answer: str, cli: CdkCli, cloud: Cloud, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, answer)
    code, _, errors = command("destroy", destroy.main)
    assert (code, errors) == (2, [f"destroy: '{answer}' is not 'dev'; nothing was done"])
    assert (there(), cli.run) == (["mail", "web"], [])
    assert cloud.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 3


def test_stacks_go_the_last_deployed_first_with_what_is_in_their_buckets_and_zones(
    cli: CdkCli, cloud: Cloud, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "dev")
    code, lines, _ = command("destroy", destroy.main)
    assert (code, there()) == (0, [])
    assert cli.run == ["synth --quiet", "destroy Web", "destroy Mail"]
    assert lines[-2].endswith("type dev to go on: deleted    edgepost-dev-web")
    assert lines[-1] == "deleted    edgepost-dev-mail"
    s3 = cloud.client("s3")
    assert BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert s3.list_objects_v2(Bucket=KEPT)["KeyCount"] == 3
    assert "dev.example.com." not in [z["Name"] for z in cloud.client("route53").list_hosted_zones()["HostedZones"]]
    assert command("destroy", destroy.main)[:2] == (0, ["nothing    of stage dev is deployed"])


def test_a_stack_that_cannot_be_deleted_ends_it_with_all_that_it_needs_in_place(
    cli: CdkCli, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "dev")
    cli.failing = "Web"
    assert command("destroy", destroy.main)[0] == 1
    assert there() == ["mail", "web"]


def test_a_protected_stage_is_told_and_refused_with_the_way_out(
    cli: CdkCli, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, "dev")
    find = deployed_stacks.read

    def protected(*given: Any, **named: Any) -> deployed_stacks.DeployedStack | None:
        found = find(*given, **named)
        return dataclasses.replace(found, is_protected=True) if found else None

    monkeypatch.setattr(deployed_stacks, "read", protected)
    code, lines, (error,) = command("destroy", destroy.main)
    assert (code, cli.run) == (2, [])
    assert [line for line in lines if line.startswith("stays")]
    assert error.startswith("destroy: edgepost-dev-web, edgepost-dev-mail cannot be deleted: termination protection")
    assert 'set protected=False in STAGES["dev"]' in error
    assert there() == ["mail", "web"]


def told(command: Command, **typed: str) -> Told:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in typed.items():
            environment.setenv(name, value)
        return command("destroy", destroy.main)
