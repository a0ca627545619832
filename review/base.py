"""BASE: the commit that the working tree is reviewed against, checked out beside it."""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from review.command import ROOT, ReviewError, told
from review.synthesis import Checkout

MAIN = ("main", "origin/main")
LOCK = "requirements.lock"
ENVIRONMENTS = Path(".local") / "review"
KEPT_ENVIRONMENTS = 3
READY = "ready"
TIME_LIMIT = 600
"""Seconds that one step may take; the longest installs packages."""


class Base(NamedTuple):
    """What BASE was asked for, and the commit that it is."""

    ref: str
    commit: str


def find(ref: str, root: Path = ROOT) -> Base:
    """Return the commit that a git reference names; of no name, where the working tree has left the main branch."""
    if _git(root, "rev-parse", "--show-toplevel") != str(root):
        raise ReviewError(f"{root} is not the top of a git repository; clone the project to review its changes")
    if ref:
        return Base(ref, _commit(root, ref, f"BASE '{ref}' is no commit here; fetch it, or name another"))
    for main in MAIN:
        if _known(root, main):
            lost = f"HEAD and {main} have no commit in common here; fetch the whole history, or set BASE"
            return Base(main, _git(root, "merge-base", "HEAD", main, otherwise=lost))
    raise ReviewError(f"there is no branch {' or '.join(MAIN)} to compare with; set BASE to a commit or branch")


@contextmanager
def checked_out(base: Base, root: Path = ROOT) -> Generator[Checkout]:
    """Check BASE out into a folder of its own, which is gone afterwards, with a Python that has what it needs."""
    with tempfile.TemporaryDirectory(prefix="edgepost-base-") as scratch:
        tree = Path(scratch) / "tree"
        quiet = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")
        _git(root, *quiet, "worktree", "add", "--quiet", "--detach", str(tree), base.commit)
        try:
            name = f"BASE {base.ref} ({base.commit[:9]})"
            yield Checkout(name, tree, _python(name, tree, root))
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _commit(root: Path, ref: str, otherwise: str) -> str:
    return _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", otherwise=otherwise)


def _known(root: Path, branch: str) -> bool:
    try:
        return bool(_commit(root, branch, ""))
    except ReviewError:
        return False


def _git(root: Path, *arguments: str, otherwise: str = "") -> str:
    """Run git and return what it says."""
    try:
        return _run(root, "git", *arguments)
    except FileNotFoundError:
        raise ReviewError("there is no git here; install it: BASE is checked out with it") from None
    except subprocess.CalledProcessError as error:
        raise ReviewError(otherwise or f"git: {_error(error.stderr)}") from None


def _run(root: Path, *command: str | Path) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=root, capture_output=True, text=True, check=True, timeout=TIME_LIMIT, stdin=subprocess.DEVNULL
    )
    return done.stdout.strip()


def _python(name: str, tree: Path, root: Path) -> Path:
    """Return a Python with what BASE is locked to: this one, if it is locked to the same."""
    lock = tree / LOCK
    if not lock.exists() or lock.read_bytes() == (root / LOCK).read_bytes():
        return Path(sys.executable)
    version = f"{sys.implementation.cache_tag} {sys.prefix}\n"
    digest = hashlib.sha256(version.encode() + lock.read_bytes()).hexdigest()
    environment = root / ENVIRONMENTS / digest[:16]
    if not (environment / READY).exists():
        _install(name, lock, environment)
    return environment / "bin" / "python"


def _install(name: str, lock: Path, environment: Path) -> None:
    """Make an environment with what is locked, from uv's cache where that has all; the eldest others go."""
    uv = Path(sys.executable).parent / "uv"
    python = environment / "bin" / "python"
    sync = (uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock)
    try:
        _run(lock.parent, uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment)
        try:
            _run(lock.parent, *sync, "--offline")
        except subprocess.CalledProcessError:
            _run(lock.parent, *sync)
    except subprocess.CalledProcessError as error:
        raise ReviewError(f"what {name} needs cannot be installed: {_error(error.stderr)}") from None
    (environment / READY).touch()
    others = sorted(environment.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for other in others[KEPT_ENVIRONMENTS:]:
        shutil.rmtree(other, ignore_errors=True)


def _error(stderr: str) -> str:
    """Return the line that git or uv calls an error, among advice."""
    found = re.search(r"^\s*(?:error|fatal|×):?\s*(.+)$", stderr, re.MULTILINE)
    return told(found[1] if found else stderr)
