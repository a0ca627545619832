import subprocess
import sys
from pathlib import Path

import pytest

from review.base import ENVIRONMENTS, Base, checked_out, find
from review.command import ReviewError
from tests.review.tiny import commit, git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository: two commits on main, one of them on a branch too that has gone its own way."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "requirements.lock").touch()
    git(root, "init", "--quiet", "--initial-branch=main")
    for word in ("first", "second"):
        commit(root, file=word)
    git(root, "checkout", "--quiet", "-b", "change", "HEAD~1")
    commit(root, file="third")
    return root


def trees(root: Path) -> int:
    return len(git(root, "worktree", "list").splitlines())


def test_base_is_where_the_branch_left_main_unless_it_is_named(root: Path) -> None:
    assert find("", root) == Base("main", git(root, "rev-parse", "main~1"))
    assert find("main", root) == Base("main", git(root, "rev-parse", "main"))
    assert find("change~1", root).commit == git(root, "rev-parse", "main~1")


def test_a_checkout_that_has_fetched_main_only_compares_with_that(root: Path) -> None:
    git(root, "update-ref", "refs/remotes/origin/main", "main")
    git(root, "branch", "--delete", "--force", "main")
    assert find("", root) == Base("origin/main", git(root, "rev-parse", "change~1"))


def test_base_is_checked_out_apart_and_leaves_nothing(root: Path) -> None:
    (root / "file").write_text("not committed")
    with checked_out(find("main", root), root) as checkout:
        assert (checkout.root / "file").read_text() == "second"
        assert checkout.python == Path(sys.executable)
        assert trees(root) == 2
    assert not checkout.root.exists()
    assert trees(root) == 1
    assert git(root, "status", "--short") == "M file"


def test_base_is_gone_after_an_error_too(root: Path) -> None:
    left: list[Path] = []

    def interrupted() -> None:
        with checked_out(find("main", root), root) as checkout:
            left.append(checkout.root / "left")
            left[0].write_text("behind")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not left[0].parent.exists()
    assert trees(root) == 1


def test_hooks_of_the_repository_do_not_run(root: Path) -> None:
    hook = root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with checked_out(find("main", root), root) as checkout:
        assert checkout.root.exists()


@pytest.mark.parametrize("ref", ["nowhere", "--help", "main:file", "main..change", "x y", "$(touch x)"])
def test_a_missing_reference_is_one_clear_error(root: Path, ref: str) -> None:
    with pytest.raises(ReviewError) as raised:
        find(ref, root)
    assert str(raised.value) == f"BASE '{ref}' is no commit here; fetch it, or name another"


def test_no_main_branch_is_one_clear_error(root: Path) -> None:
    git(root, "branch", "--delete", "--force", "main")
    with pytest.raises(ReviewError, match="no branch main or origin/main to compare with; set BASE"):
        find("", root)


def test_a_history_that_is_cut_short_is_one_clear_error(root: Path) -> None:
    git(root, "checkout", "--quiet", "--orphan", "alone")
    commit(root, file="alone")
    with pytest.raises(ReviewError, match="HEAD and main have no commit in common here; fetch the whole history"):
        find("", root)


def test_a_folder_that_is_no_repository_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match=r"^git: not a git repository"):
        find("", tmp_path)


def test_a_project_within_another_repository_is_one_clear_error(root: Path) -> None:
    inner = root / "inner"
    inner.mkdir()
    with pytest.raises(ReviewError, match="inner is not the top of a git repository"):
        find("", inner)


def test_no_git_is_one_clear_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(ReviewError, match="there is no git here; install it"):
        find("", root)


def test_base_has_a_python_of_its_own_if_it_is_locked_to_something_else(root: Path) -> None:
    (root / "requirements.lock").write_text("# something else\n")
    (root / ".gitignore").write_text(".local")
    pythons: list[Path] = []
    for _ in range(2):
        with checked_out(find("main", root), root) as checkout:
            pythons.append(checkout.python)
    assert pythons[0] == pythons[1] != Path(sys.executable)
    script = "import sys, importlib.util as i; print(sys.version_info[:2], i.find_spec('boto3'))"
    said = subprocess.run([pythons[0], "-c", script], check=True, capture_output=True, text=True).stdout
    assert said.strip() == f"{sys.version_info[:2]} None"


def test_only_the_newest_environments_are_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.base.KEPT_ENVIRONMENTS", 1)
    for word in ("# a", "# b"):
        commit(root, **{"requirements.lock": word})
        (root / "requirements.lock").write_text("# what is installed\n")
        with checked_out(find("change", root), root) as checkout:
            assert checkout.python.exists()
    assert len([*(root / ENVIRONMENTS).iterdir()]) == 1


def test_dependencies_that_cannot_be_installed_are_one_clear_error(root: Path) -> None:
    commit(root, **{"requirements.lock": f"./not-there.whl --hash=sha256:{'0' * 64}\n"})
    (root / "requirements.lock").write_text("# what is installed\n")
    told = r"what BASE change \(\w{9}\) needs cannot be installed: "
    with pytest.raises(ReviewError, match=told), checked_out(find("change", root), root):
        pass
    assert trees(root) == 1
