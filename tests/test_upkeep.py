"""What keeps the project up to date: Renovate knows every file with pins, and the hooks call what is pinned."""

import fnmatch
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
RENOVATE: dict[str, Any] = json.loads((ROOT / "renovate.json").read_text())
FOUND_BY: dict[str, list[str]] = {
    # What each manager looks at by itself (Renovate's documentation, "Managers").
    "pip_requirements": [r"(^|/)[\w-]*requirements([-.]\w+)?\.(txt|pip)$"],
    "npm": [r"(^|/)package\.json$"],
    "github-actions": [r"(^|/)(workflow-templates|\.(?:github|gitea|forgejo)/(?:workflows|actions))/.+\.ya?ml$"],
}
PIN = {
    "pip_requirements": re.compile(r"^[\w.-]+(\[[\w,-]+\])?==\d", re.MULTILINE),
    "npm": re.compile(r'"(devD|d)ependencies"'),
    "github-actions": re.compile(r"uses: [\w./-]+@"),
}
LOCKED = "--hash=sha256:"
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
HOOKS: list[dict[str, Any]] = [hook for repo in CONFIG["repos"] for hook in repo["hooks"]]


def tracked() -> list[str]:
    """Every file of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def managers(name: str) -> list[str]:
    """The managers that look at a file."""
    if any(fnmatch.fnmatch(name, pattern) for pattern in RENOVATE["ignorePaths"]):
        return []
    return [
        manager
        for manager in RENOVATE["enabledManagers"]
        if any(
            re.search(pattern.strip("/") if pattern.startswith("/") else pattern, name)
            for pattern in FOUND_BY[manager] + RENOVATE.get(manager, {}).get("managerFilePatterns", [])
        )
    ]


def with_pins() -> dict[str, str]:
    """The files that pin packages, each with the manager that can read it; locks are no pins."""
    found: dict[str, str] = {}
    for name in tracked():
        if Path(name).suffix not in {".txt", ".in", ".json", ".yml", ".yaml", ".toml", ".lock"}:
            continue
        text = (ROOT / name).read_text()
        for manager, pin in PIN.items():
            if (
                pin.search(text)
                and LOCKED not in text
                and not name.startswith("tests/")
                and name != "package-lock.json"
            ):
                found[name] = manager
    return found


def test_renovate_looks_at_every_file_with_pins() -> None:
    found = with_pins()
    assert {"requirements.txt", "requirements-dev.txt", "package.json", ".github/workflows/test.yml"} <= found.keys()
    functions = {str(file.relative_to(ROOT)) for file in ROOT.glob("lambda/*/requirements.in")}
    assert functions <= found.keys()
    assert {name: managers(name) for name in found} == {name: [manager] for name, manager in found.items()}


def test_renovate_leaves_the_locks_alone() -> None:
    locks = [name for name in tracked() if name.endswith((".txt", ".lock")) and LOCKED in (ROOT / name).read_text()]
    assert "requirements.lock" in locks
    assert not [name for name in locks if managers(name)]


def test_renovate_stays_below_a_command_line_that_cannot_read_the_library() -> None:
    (rule,) = (rule for rule in RENOVATE["packageRules"] if "allowedVersions" in rule)
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert rule["matchPackageNames"] == ["aws-cdk"]
    assert rule["allowedVersions"] == f"<{int(pinned.split('.')[0]) + 1}"


def test_every_package_of_a_rule_is_one_that_is_pinned() -> None:
    pins = "\n".join((ROOT / name).read_text() for name in with_pins())
    for rule in RENOVATE["packageRules"]:
        for package in rule.get("matchPackageNames", []):
            assert re.search(rf'^\s*"?{re.escape(package)}(\[|==|")', pins, re.MULTILINE), package


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_calls_what_is_pinned_and_fetches_nothing(hook: dict[str, Any]) -> None:
    assert {repo["repo"] for repo in CONFIG["repos"]} == {"local"}
    assert hook["language"] == "system"
    assert "additional_dependencies" not in hook
    program, *arguments = hook["entry"].split()
    assert program.startswith(".venv/bin/")
    assert (ROOT / program).exists()
    if arguments[:1] == ["-m"]:
        assert (ROOT / arguments[1].replace(".", "/")).with_suffix(".py").exists()


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_looks_at_files_that_there_are(hook: dict[str, Any]) -> None:
    assert "types_or" in hook or any(re.search(hook["files"], name) for name in tracked())
