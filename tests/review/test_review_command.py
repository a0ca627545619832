import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from operate.command import BAD_INPUT, INTERRUPTED
from review.__main__ import GATED
from review.command import ROOT
from review.exceptions import FILE
from tests.review.tiny import app, commit, git, tiny
from tests.waiting import wait_until

# As `python -m review` does, for another working tree than that of the code that reviews.
COMMAND = """
import sys
from pathlib import Path
from review.__main__ import command
if __name__ == "__main__":
    command(Path(sys.argv[1]))
"""


class Done(NamedTuple):
    """What a review that ran has come to."""

    code: int
    out: list[str]
    err: list[str]
    folder: Path

    @property
    def files(self) -> dict[str, bytes]:
        """What it has written."""
        return {file.name: file.read_bytes() for file in self.folder.iterdir()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tiny(tmp_path / "tiny")


def review(root: Path, seed: str = "0", **inputs: str) -> Done:
    asked = {"BASE": "main", "OUT": str(root.parent / f"out-{seed}"), "TODAY": "2027-01-31", "GATE": "", **inputs}
    environment = os.environ | {"PYTHONHASHSEED": seed} | asked
    command = [sys.executable, "-c", COMMAND, str(root)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return Done(done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), Path(asked["OUT"]))


def gating(done: Done) -> set[tuple[str, str]]:
    """Return the stages and resources of findings that gate."""
    found = json.loads(done.files["review.json"])["findings"]
    return {(one["stage"], one["resource"]) for one in found if one["gates"]}


def trees(root: Path) -> int:
    return len(git(root, "worktree", "list").splitlines())


def test_no_change_passes_with_what_base_has_too_and_everything_is_written(root: Path) -> None:
    done = review(root)
    assert (done.code, done.err) == (0, [])
    assert done.out[-1] == "verdict    passed: 0 resources change, 0 new findings, 0 of them gate"
    assert sorted(done.files) == ["review.html", "review.json", "review.md"]
    found = json.loads(done.files["review.json"])["findings"]
    linted = {(one["resource"], one["severity"], one["new"]) for one in found if one["source"] == "cfn-lint"}
    assert ("Mail/Short", "high", False) in linted
    assert done.out[0] == f"base       main ({git(root, 'rev-parse', 'main')[:9]})"
    assert trees(root) == 1
    assert git(root, "status", "--short") == ""


def test_what_is_not_committed_is_reviewed_and_gates_with_the_same_bytes_each_time(root: Path) -> None:
    (root / "app.py").write_text(app(fifo=True))
    first, second = review(root, "1"), review(root, "2")
    assert first.code == second.code == GATED, first.err
    assert first.files == second.files
    assert gating(first) >= {("dev", "Mail/Queue"), ("prod", "Web/Queue")}
    assert len([line for line in first.out if line.startswith("gates")]) >= len(gating(first))


def test_a_branch_is_compared_with_where_it_left_main_and_exceptions_let_it_pass(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "change")
    rules = {"stateful-replaced": ("Mail/Queue", "Web/Queue")}
    exceptions = "".join(
        f'[[exception]]\nresource = "{resource}"\nrule = "{rule}"\nreason = "empty"\nexpires = 2027-01-31\n'
        for rule, resources in rules.items()
        for resource in resources
    )
    commit(root, **{"app.py": app(fifo=True), FILE: exceptions})
    done = review(root, BASE="")
    assert (done.code, gating(done)) == (0, set())
    assert {one["state"] for one in json.loads(done.files["review.json"])["exceptions"]} == {"used"}


@pytest.mark.parametrize(
    ("base", "head", "complaint"),
    [
        ("raise ValueError('a\\nno')", None, r"review: BASE main (ref) does not synthesize: no"),
        (None, "raise ValueError('no')", "review: the working tree does not synthesize: ValueError: no"),
    ],
)
def test_a_side_that_does_not_synthesize_is_one_line(
    root: Path, base: str | None, head: str | None, complaint: str
) -> None:
    commit(root, **{"app.py": base or app()})
    (root / "app.py").write_text(head or app(fifo=True))
    done = review(root)
    assert (done.code, done.out) == (BAD_INPUT, [])
    assert done.err == [complaint.replace("ref", git(root, "rev-parse", "main")[:9])]
    assert trees(root) == 1
    assert not done.folder.exists()


def test_a_missing_reference_is_one_line(root: Path) -> None:
    done = review(root, BASE="nowhere")
    assert (done.code, done.err) == (BAD_INPUT, ["review: BASE 'nowhere' is no commit here; fetch it, or name another"])


def test_a_fault_of_the_review_is_told_and_not_taken_for_a_gate() -> None:
    command = [sys.executable, "-c", "import review.__main__ as review; review.make = None; review.command()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == BAD_INPUT
    assert done.stderr.splitlines()[-1].startswith("TypeError")


def test_a_review_that_is_ended_leaves_nothing(root: Path) -> None:
    environment = os.environ | {"BASE": "main", "OUT": str(root.parent / "out")}
    command = [sys.executable, "-c", COMMAND, str(root)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: trees(root) == 2)
        process.terminate()
        _, err = process.communicate(timeout=60)
    # Processes that were just starting may have something to say too.
    assert (process.returncode, err.splitlines()[0]) == (INTERRUPTED, "review: interrupted")
    assert trees(root) == 1


def test_the_command_is_what_make_runs(tmp_path: Path) -> None:
    environment = os.environ | {"BASE": "no such", "OUT": str(tmp_path)}
    command = [sys.executable, "-m", "review"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == BAD_INPUT
    assert done.stderr == "review: BASE 'no such' is no commit here; fetch it, or name another\n"
