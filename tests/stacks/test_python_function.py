import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2

from stacks.config import STAGES, PythonConfig
from stacks.python_function import Bundle, PythonFunction
from tests.stacks.synthesis import Synthesized, Template, new_app, refers_to, template_of

CONFIG = STAGES["prod"].python


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A bundle whose source a test may change."""
    made = Bundle("mail_consumer", config=CONFIG)
    source = tmp_path / "mail_consumer"
    shutil.copytree(made.sources[0], source)
    made.sources = [source]
    return made


def test_the_bundle_holds_the_package_and_its_wheels(tmp_path: Path) -> None:
    assert Bundle("mail_consumer", config=CONFIG).try_bundle(str(tmp_path))
    assert (tmp_path / "mail_consumer" / "handler.py").is_file()
    assert (tmp_path / "mail_consumer" / "resume.py").is_file()
    assert (tmp_path / "msgspec").is_dir()


def test_the_bundle_holds_what_packages_share(tmp_path: Path) -> None:
    Bundle("redis_console", shared=("data_access",), config=CONFIG).try_bundle(str(tmp_path))
    assert (tmp_path / "redis_console" / "handler.py").is_file()
    assert (tmp_path / "data_access" / "redis_server.py").is_file()
    assert (tmp_path / "redis").is_dir()


def test_the_bundle_leaves_boto3_to_the_runtime(tmp_path: Path) -> None:
    Bundle("mail_consumer", config=CONFIG).try_bundle(str(tmp_path))
    assert not (tmp_path / "boto3").exists()


def test_running_the_code_does_not_change_the_hash(bundle: Bundle) -> None:
    before = bundle.fingerprint()
    (bundle.sources[0] / "__pycache__").mkdir(exist_ok=True)
    (bundle.sources[0] / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"compiled")
    assert bundle.fingerprint() == before


@pytest.mark.parametrize("file", ["handler.py", "requirements.txt", "new.py"])
def test_a_change_of_source_or_lock_changes_the_hash(bundle: Bundle, file: str) -> None:
    before = bundle.fingerprint()
    with (bundle.sources[0] / file).open("a") as changed:
        changed.write("# changed\n")
    assert bundle.fingerprint() != before


def test_a_change_of_a_shared_package_changes_the_hash(bundle: Bundle, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    bundle.sources.append(shared)
    before = bundle.fingerprint()
    (shared / "new.py").write_text("# new")
    assert bundle.fingerprint() != before


@pytest.mark.parametrize("change", [{"wheel_python": "3.13"}, {"wheel_platform": "x86_64-manylinux2014"}])
def test_a_change_of_what_the_wheels_are_for_changes_the_hash(change: dict[str, str]) -> None:
    other: PythonConfig = replace(CONFIG, **change)
    assert Bundle("mail_consumer", config=other).fingerprint() != Bundle("mail_consumer", config=CONFIG).fingerprint()


def test_functions_run_on_the_newest_python_and_arm(synthesized: Synthesized) -> None:
    for function in synthesized.all("Lambda::Function"):
        assert function["Runtime"] == "python3.14"
        assert function["Architectures"] == ["arm64"]


def test_functions_log_json_to_a_log_group_of_their_own(synthesized: Synthesized, stage: str) -> None:
    groups: set[str] = set()
    for template in synthesized.templates.values():
        for function in template.all("Lambda::Function").values():
            assert function["LoggingConfig"]["LogFormat"] == "JSON"
            assert function["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
            group = function["LoggingConfig"]["LogGroup"]["Ref"]
            assert template.all("Logs::LogGroup")[group]["RetentionInDays"] == STAGES[stage].python.log_days
            assert group not in groups
            groups.add(group)


def test_functions_reserve_no_concurrency(synthesized: Synthesized) -> None:
    assert not [
        function for function in synthesized.all("Lambda::Function") if "ReservedConcurrentExecutions" in function
    ]


def test_mail_goes_out_without_the_vpc(mail: Template) -> None:
    assert not [function for function in mail.all("Lambda::Function").values() if "VpcConfig" in function]


def test_no_role_takes_a_managed_policy(synthesized: Synthesized) -> None:
    assert not [role for role in synthesized.all("IAM::Role") if "ManagedPolicyArns" in role]


@pytest.fixture(scope="module")
def alone() -> Template:
    """The template of a stack with one function in a VPC."""
    stack = Stack(new_app(), "Alone")
    PythonFunction(
        stack,
        "Inside",
        config=CONFIG,
        package="redis_console",
        handler="redis_console.handler.handle",
        description="a function in a VPC",
        environment={},
        timeout=Duration.seconds(1),
        memory_mib=128,
        vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0),
        subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )
    return template_of(stack)


def test_a_function_in_a_vpc_reaches_nothing_before_a_rule_says_so(alone: Template) -> None:
    place = alone.one("Lambda::Function")["VpcConfig"]
    assert refers_to(place["SecurityGroupIds"]) == {*alone.all("EC2::SecurityGroup")}
    (nowhere,) = alone.one("EC2::SecurityGroup")["SecurityGroupEgress"]
    assert nowhere["CidrIp"] == "255.255.255.255/32"
    assert "SecurityGroupIngress" not in alone.one("EC2::SecurityGroup")


def test_a_function_in_a_vpc_stands_in_the_subnets_that_were_asked_for(alone: Template) -> None:
    isolated = {name for name in alone.all("EC2::Subnet") if "Isolated" in name}
    assert refers_to(alone.one("Lambda::Function")["VpcConfig"]["SubnetIds"]) == isolated


def test_lambda_may_manage_the_functions_network_interfaces(alone: Template) -> None:
    (role,) = alone.all("IAM::Role")
    (statement,) = (statement for statement in alone.statements(role, "Allow") if statement["Resource"] == "*")
    # "Giving Lambda functions access to resources in an Amazon VPC"
    assert {*statement["Action"]} == {
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    }


def test_the_functions_own_code_may_not(alone: Template) -> None:
    (role,), (function,) = alone.all("IAM::Role"), alone.all("Lambda::Function")
    (statement,) = alone.statements(role, "Deny")
    (granted,) = (statement for statement in alone.statements(role, "Allow") if statement["Resource"] == "*")
    assert {*granted["Action"]} < {*statement["Action"]}
    assert statement["Resource"] == "*"
    assert statement["Condition"] == {"ArnEquals": {"lambda:SourceFunctionArn": {"Fn::GetAtt": [function, "Arn"]}}}


def test_the_function_is_made_after_lambda_may_place_it(alone: Template) -> None:
    (function,) = alone.all("Lambda::Function")
    granting = {name for name in alone.all("IAM::Policy") if "DefaultPolicy" in name}
    assert granting <= {*alone.resources[function]["DependsOn"]}
