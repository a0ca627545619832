"""Wheels for the functions' bundles: fetched once by `python -m stacks.wheels`, then installed without network."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import uv

from stacks.config import STAGES

ROOT = Path(__file__).resolve().parent.parent


class WheelError(RuntimeError):
    """Wheels that cannot be installed, and the way out."""


def cache() -> Path:
    """Where wheels are kept between installing and synth."""
    return Path(os.environ.get("UV_CACHE_DIR", ROOT / ".local" / "uv-cache"))


def install(requirements: Path, *, target: Path, platform: str, python: str, offline: bool = True) -> None:
    """Install a hash-locked requirements file into a folder, for a platform and Python that need not be this host's."""
    command = [
        *(uv.find_uv_bin(), "pip", "install", "--quiet", "--cache-dir", cache(), "--python", sys.executable),
        *("--python-platform", platform, "--python-version", python, "--only-binary", ":all:"),
        *("--no-compile-bytecode", "--require-hashes", "--target", target, "--requirements", requirements),
        *(["--offline"] if offline else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        way_out = "run make install" if offline else "see above"
        raise WheelError(f"{done.stderr}no wheels of {requirements} for {platform}, python {python}; {way_out}")
    # What a function never needs and what differs between hosts.
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)


def main() -> None:
    """Fill the cache with what every function needs on every stage's platform."""
    targets = sorted({(stage.python.wheel_platform, stage.python.wheel_python) for stage in STAGES.values()})
    for requirements in sorted(ROOT.glob("lambda/*/requirements.txt")):
        for platform, python in targets:
            with tempfile.TemporaryDirectory() as folder:
                install(requirements, target=Path(folder), platform=platform, python=python, offline=False)


if __name__ == "__main__":
    try:
        main()
    except WheelError as error:
        sys.exit(f"wheels: {error}")
