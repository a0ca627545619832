"""`make synth`, `make diff`, `make deploy` and `make drift`: the pinned CDK command line and Node, for one stage.

A plain `cdk <command> -c stage=<stage>` does the same in an activated environment, but for one thing: `make deploy` has
the Edge and the Review stack read again what has changed in another region.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from local.deploy import CDK, NODE, pinned
from operate import stage
from operate.command import InputError, run, say
from operate.revision import revision

OUTPUT = stage.ROOT / "cdk.out"

WEB, EDGE, REVIEW = "Web", "Edge", "Review"

ARGUMENTS: Mapping[str, Sequence[str]] = {
    "synth": ("synth", "--quiet"),
    "diff": ("diff", "--all"),
    "drift": ("drift", "--fail"),
    # With all that it needs: what the Edge stack reads is there after it.
    "deploy": ("deploy", WEB),
}


def main() -> int:
    """Run the command that is named first on the command line for the stage that STAGE names."""
    name = stage.chosen()
    verb = sys.argv[1]
    environment = environment_of(verb, name)
    code = cdk(*ARGUMENTS[verb], *synthesis(name), environment=environment)
    if verb == "synth" and code == 0:
        for template in sorted(OUTPUT.glob("*.template.json")):
            say("written", str(template.relative_to(stage.ROOT)))
    if verb == "deploy" and code == 0:
        code = cdk("deploy", EDGE, *_with_revision(name, EDGE), environment=environment)
        if code == 0:
            return cdk("deploy", "--all", *_with_revision(name, REVIEW), environment=environment)
    return code


def cdk(*arguments: str, environment: Mapping[str, str]) -> int:
    """Run the CDK command line and return its exit code."""
    if not CDK.exists():
        raise InputError(f"no {CDK.relative_to(stage.ROOT)}; run `make install`")
    return subprocess.run(  # noqa: S603
        [str(NODE), str(CDK), *arguments], cwd=stage.ROOT, env=dict(environment), check=False
    ).returncode


def synthesis(name: str) -> list[str]:
    """Say which stage to synthesize, and where to."""
    return ["--context", f"stage={name}", "--output", str(OUTPUT)]


def _with_revision(name: str, stack: str) -> list[str]:
    """Say which templates to deploy, those that are written already, and what a stack is to read of others."""
    template = json.loads((OUTPUT / f"{stack}.template.json").read_text())
    word = revision(template, lambda read, region: stage.outputs_of(name, read, stage.connect(name, region=region)))
    return ["--app", str(OUTPUT), "--parameters", f"{stage.stack_name(name, stack.lower())}:Revision={word}"]


def environment_of(verb: str, name: str) -> dict[str, str]:
    """The embedded cloud's for the local stage, which synth alone does not need; else that of the AWS profile."""
    known = stage.running_cloud().environment() if name == "local" and verb != "synth" else dict(os.environ)
    return pinned(known)


if __name__ == "__main__":
    run("cdk", main)
