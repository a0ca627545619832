from dataclasses import replace
from typing import Any

import pytest

from app import build
from stacks.config import STAGES
from stacks.config_web import WebConfig
from tests.stacks.synthesis import Template, new_app, refers_to, template_of


def schema(data: Template) -> dict[str, Any]:
    """The custom resource, not its properties alone."""
    (resource,) = (resource for resource in data.resources.values() if resource["Type"] == "Custom::BlogSchema")
    return resource


def function(data: Template) -> dict[str, Any]:
    return data.one("Lambda::Function", Handler="blog_schema.handler.handle")


def test_the_schema_is_asked_of_our_function(data: Template) -> None:
    assert refers_to(schema(data)["Properties"]["ServiceToken"]) == {*data.all("Lambda::Function")}


def test_the_schema_says_for_whom_and_without_samples(data: Template) -> None:
    properties = schema(data)["Properties"]
    assert {*properties} == {"ServiceToken", "ServiceTimeout", "Fingerprint", "SamplePosts", "BlogRole"}
    assert properties["BlogRole"] == "blog"
    assert properties["SamplePosts"] == "false"


@pytest.mark.parametrize("wanted", [True, False])
def test_sample_posts_are_a_setting(wanted: bool) -> None:
    stacks = build(new_app(), replace(STAGES["dev"], web=WebConfig(sample_posts=wanted)))
    properties = schema(template_of(stacks.data))["Properties"]
    assert properties["SamplePosts"] == {True: "true", False: "false"}[wanted]


def test_the_schema_is_asked_for_again_when_the_function_would_do_something_else(data: Template) -> None:
    fingerprint = schema(data)["Properties"]["Fingerprint"]
    assert len(fingerprint) == 64
    int(fingerprint, 16)


def test_cloudformation_gives_up_long_before_an_hour_and_after_the_function(data: Template) -> None:
    patience = int(function(data)["Environment"]["Variables"]["DATABASE_PATIENCE_SECONDS"])
    assert patience < function(data)["Timeout"] < int(schema(data)["Properties"]["ServiceTimeout"]) <= 300


def test_the_schema_waits_for_database_permissions_and_rules(data: Template) -> None:
    needed = {
        name
        for kind in ("RDS::DBInstance", "RDS::DBCluster", "IAM::Policy", "EC2::SecurityGroupEgress")
        for name in data.all(kind)
    }
    rules = {*data.all("EC2::SecurityGroupIngress")}
    assert rules
    assert {*schema(data)["DependsOn"]} >= needed | rules


def test_the_function_signs_in_as_the_master_user(data: Template) -> None:
    variables = function(data)["Environment"]["Variables"]
    assert variables["DATABASE_USER"] == data.one("RDS::DBCluster")["MasterUsername"]
    assert variables["DATABASE_NAME"] == data.one("RDS::DBCluster")["DatabaseName"]
    for name in ("DATABASE_HOST", "DATABASE_PORT"):
        assert refers_to(variables[name]) == {*data.all("RDS::DBCluster")}


def test_the_function_reaches_the_database_and_the_bucket_for_answers_alone(data: Template, stage: str) -> None:
    (group,) = refers_to(function(data)["VpcConfig"]["SecurityGroupIds"])
    out = [rule for rule in data.all("EC2::SecurityGroupEgress").values() if refers_to(rule["GroupId"]) == {group}]
    database = data.named("DatabaseSecurityGroup", "EC2::SecurityGroup")
    assert {(str(rule.get("DestinationPrefixListId")), rule["FromPort"], rule["ToPort"]) for rule in out} == {
        ("None", 5432, 5432),
        (STAGES[stage].network.s3_prefix_list, 443, 443),
    }
    assert refers_to([rule.get("DestinationSecurityGroupId") for rule in out]) == {database}
    assert "SecurityGroupEgress" not in data.all("EC2::SecurityGroup")[group]


def test_only_the_function_is_let_in_by_the_data_stack(data: Template) -> None:
    (group,) = refers_to(function(data)["VpcConfig"]["SecurityGroupIds"])
    (rule,) = data.all("EC2::SecurityGroupIngress").values()
    assert refers_to(rule["SourceSecurityGroupId"]) == {group}
    assert refers_to(rule["GroupId"]) == {data.named("DatabaseSecurityGroup", "EC2::SecurityGroup")}
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 5432, 5432)


def test_the_function_may_write_its_log_stand_in_the_vpc_and_sign_in(data: Template) -> None:
    statements = data.statements(data.named("MigrationFunctionRole", "IAM::Role"), "Allow")
    actions = [statement["Action"] for statement in statements]
    assert ["logs:CreateLogStream", "logs:PutLogEvents"] in actions
    assert "rds-db:connect" in actions
    (interfaces,) = (action for action in actions if "ec2:" in str(action))
    assert len(actions) == 3
    (denied,) = data.statements(data.named("MigrationFunctionRole", "IAM::Role"), "Deny")
    assert {*denied["Action"]} >= {*interfaces}
