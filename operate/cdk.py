"""`make synth`, `make diff` and `make deploy`: the pinned CDK command line with the pinned Node, for one stage.

A plain `cdk <command> -c stage=<stage>` does the same in an activated environment.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from local.deploy import CDK, NODE, pinned
from operate import stage
from operate.command import InputError, run, say

OUTPUT = stage.ROOT / "cdk.out"

ARGUMENTS: Mapping[str, Sequence[str]] = {
    "synth": ("synth", "--quiet"),
    "diff": ("diff", "--all"),
    "deploy": ("deploy", "--all"),
}


def main() -> int:
    """Run the command that is named first on the command line for the stage that STAGE names."""
    name = stage.chosen()
    verb = sys.argv[1]
    return cdk(verb, name=name, environment=_environment(verb, name))


def cdk(verb: str, *, name: str, environment: Mapping[str, str]) -> int:
    """Run the CDK command line and return its exit code; what it writes stands in cdk.out/."""
    if not CDK.exists():
        raise InputError(f"no {CDK.relative_to(stage.ROOT)}; run `make install`")
    command = [str(NODE), str(CDK), *ARGUMENTS[verb], "--context", f"stage={name}", "--output", str(OUTPUT)]
    done = subprocess.run(command, cwd=stage.ROOT, env=dict(environment), check=False)  # noqa: S603
    if verb == "synth" and done.returncode == 0:
        for template in sorted(OUTPUT.glob("*.template.json")):
            say("written", str(template.relative_to(stage.ROOT)))
    return done.returncode


def _environment(verb: str, name: str) -> dict[str, str]:
    """The embedded cloud's for the local stage, which synth alone does not need; else that of the AWS profile."""
    known = stage.running_cloud().environment() if name == "local" and verb != "synth" else dict(os.environ)
    return pinned(known)


if __name__ == "__main__":
    run("cdk", main)
