"""Synthesize a checkout in a process of its own, and read what it has written."""

import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.json import decode

from review.command import NODE, ROOT, ReviewError, told
from review.sides import Side, Template

PROGRAM = ROOT / "review" / "synthesis_app.py"
STACK = "aws:cloudformation:stack"
# No credentials, no proxies, no settings of Python's: what is synthesized depends on the checkout alone.
KEPT = ("HOME", "PATH", "TMPDIR", "LANG", "LC_ALL")
# What a synthesis makes is needed to its end: with room for it, Node collects less often and is done sooner.
SET = {"JSII_NODE": str(NODE), "NODE_OPTIONS": "--max-semi-space-size=64", "PYTHONHASHSEED": "0"}
TIME_LIMIT = 300
"""Seconds that all stages of a checkout may take."""


class Checkout(NamedTuple):
    """The project's files at one point, and the Python that has what they need."""

    name: str
    """What errors call it."""
    root: Path
    python: Path


def synthesize(checkout: Checkout, folder: Path, *stages: str) -> Side:
    """Write the assembly of each stage, all but the local one by default, to a folder, and return the templates."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603
            [checkout.python, "-P", "-s", PROGRAM, checkout.root, folder, *stages],
            cwd=checkout.root,
            env=environment | SET,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise ReviewError(f"{checkout.name} does not synthesize within {TIME_LIMIT} s") from None
    if done.returncode:
        raise ReviewError(f"{checkout.name} does not synthesize: {told(done.stderr)}")
    return read(folder)


def read(folder: Path) -> Side:
    """Return the templates in the assemblies in a folder, which are named for their stages."""
    assemblies = {path.name: path for path in sorted(folder.iterdir())}
    templates = (template for stage, assembly in assemblies.items() for template in _templates(stage, assembly))
    return Side({(template.stage, template.stack): template for template in templates}, folders=assemblies)


def _templates(stage: str, assembly: Path) -> list[Template]:
    manifest: dict[str, Any] = decode((assembly / "manifest.json").read_bytes())
    stacks = {name: artifact for name, artifact in manifest["artifacts"].items() if artifact["type"] == STACK}
    return [_template(stage, name, artifact, assembly) for name, artifact in sorted(stacks.items())]


def _template(stage: str, stack: str, artifact: dict[str, Any], assembly: Path) -> Template:
    properties = artifact["properties"]
    return Template(
        stage=stage,
        stack=stack,
        region=artifact["environment"].rpartition("/")[2],
        body=decode((assembly / properties["templateFile"]).read_bytes()),
        name=properties.get("stackName", stack),
        protected=properties.get("terminationProtection", False),
    )
