"""The workflows: linted, pinned, without rights that they do not need, and made of commands that exist."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def jobs(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text())["jobs"]


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(file).values() for step in job["steps"]]


def test_actionlint_finds_nothing() -> None:
    done = subprocess.run(
        [ROOT / ".venv" / "bin" / "actionlint", "-no-color", *WORKFLOWS], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(file: Path) -> None:
    for step in steps(file):
        assert "uses" not in step or PINNED.fullmatch(step["uses"]), step
    for line in file.read_text().splitlines():
        assert "uses:" not in line or re.search(r"# v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_no_script_is_made_of_what_a_stranger_can_write(file: Path) -> None:
    for step in steps(file):
        assert "${{" not in step.get("run", ""), "pass it by env"
        assert "${{" not in step.get("with", {}).get("script", ""), "read it from the event"


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_the_code_of_a_pull_request_never_runs_with_a_token_that_can_write(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert "pull_request_target" not in file.read_text()
    for job in workflow["jobs"].values():
        writes = [name for name, right in job.get("permissions", {}).items() if right == "write"]
        runs_code = any("checkout" in step.get("uses", "") for step in job["steps"])
        assert not (runs_code and set(writes) - {"id-token"}), job
        # A token for AWS only behind an environment.
        assert "id-token" not in writes or "environment" in job


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_checkouts_leave_no_token_behind(file: Path) -> None:
    for step in steps(file):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_every_make_command_is_a_target() -> None:
    called = {name for file in WORKFLOWS for name in re.findall(r"run: make (\w+)", file.read_text())}
    assert called
    assert called <= TARGETS
