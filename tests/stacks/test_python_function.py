import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from stacks.config import STAGES, PythonConfig
from stacks.python_function import Bundle
from tests.stacks.synthesis import Template

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


@pytest.mark.parametrize("change", [{"wheel_python": "3.13"}, {"wheel_platform": "x86_64-manylinux2014"}])
def test_a_change_of_what_the_wheels_are_for_changes_the_hash(change: dict[str, str]) -> None:
    other: PythonConfig = replace(CONFIG, **change)
    assert Bundle("mail_consumer", config=other).fingerprint() != Bundle("mail_consumer", config=CONFIG).fingerprint()


def test_functions_run_on_the_newest_python_and_arm(mail: Template) -> None:
    for function in mail.all("Lambda::Function").values():
        assert function["Runtime"] == "python3.14"
        assert function["Architectures"] == ["arm64"]


def test_functions_log_json_to_a_log_group_of_their_own(mail: Template) -> None:
    groups = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in mail.all("Lambda::Function").values()]
    assert sorted(groups) == sorted(mail.all("Logs::LogGroup"))
    assert all(
        function["LoggingConfig"]["LogFormat"] == "JSON" and function["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
        for function in mail.all("Lambda::Function").values()
    )


def test_logs_expire(mail: Template, stage: str) -> None:
    days = {group["RetentionInDays"] for group in mail.all("Logs::LogGroup").values()}
    assert days == {STAGES[stage].python.log_days}


def test_functions_are_not_in_a_vpc_and_reserve_no_concurrency(mail: Template) -> None:
    for function in mail.all("Lambda::Function").values():
        assert "VpcConfig" not in function
        assert "ReservedConcurrentExecutions" not in function


def test_no_role_takes_a_managed_policy(mail: Template) -> None:
    assert not [role for role in mail.all("IAM::Role").values() if "ManagedPolicyArns" in role]
