"""The measurements, each in processes of its own: consumers at work, and what starting one costs."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from local.cloud import Cloud
from tests.bench.child import BATCH
from tests.mail_records import four_attributes, settings
from tests.mail_world import World

BATCHES = 25
STARTS = 9
# Both end in the same way: seconds and peak memory in MB.
START = """
import time
began = time.perf_counter()
{code}
seconds = time.perf_counter() - began
from tests.bench.child import peak_mb
print(seconds, peak_mb())
"""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a consumer did with its batches, medians."""

    mails_per_second: float
    cpu_ms: float
    """A mail."""
    peak_mb: float


@dataclass(frozen=True, kw_only=True)
class Start:
    """What it took to import something in a fresh interpreter, medians."""

    ms: float
    peak_mb: float


@contextmanager
def lean_cloud() -> Generator[Cloud]:
    """The embedded cloud in a process of its own, so that its CPU does not count as the consumer's."""
    command = [sys.executable, "-m", "tests.bench.server"]
    quiet = os.environ | {"LOG_LEVEL": "ERROR"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            nowhere = {"edge_port": 0, "edge_tls_port": 0, "smtp_port": 0}  # neither is needed
            yield Cloud(pid=process.pid, port=port, state=Path(), **nowhere)
        finally:
            process.terminate()


def work(cloud: Cloud, module: str, *, latency_ms: int) -> Work:
    """Let the consumer of that module work through batches, with sends that take so long, and check what came out."""
    world = World(cloud)
    cloud.ses.settings(latency_ms=latency_ms)
    cloud.ses.forget_mails()
    expected = (BATCHES + 1) * BATCH
    texts = {name: value["stringValue"] for name, value in four_attributes().items()}
    for _ in range(expected):  # for the one that receives by itself
        world.put(**texts)
    measured = json.loads(run(["-m", "tests.bench.child", module, str(BATCHES)], environment(world)))
    if (taken := len(cloud.ses.mails())) != expected:
        raise RuntimeError(f"{module} sent {taken} mails, expected {expected}")
    return Work(
        mails_per_second=BATCH / median(measured["seconds"]),
        cpu_ms=median(measured["cpu_ms"]) / BATCH,
        peak_mb=measured["peak_mb"],
    )


def starts(variables: Mapping[str, str], codes: Mapping[str, str]) -> dict[str, Start]:
    """Run each code in fresh interpreters, in turns, so that a slow moment of the machine meets all of them."""
    runs: dict[str, list[list[float]]] = {name: [] for name in codes}
    with TemporaryDirectory() as bytecode:  # compiled once, whatever the machine has compiled already
        fresh = {**variables, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(STARTS + 1):
            for name, code in codes.items():
                runs[name].append([float(word) for word in run(["-c", START.format(code=code)], fresh).split()])
    return {  # without the first, which compiled
        name: Start(ms=median(run[0] for run in done[1:]) * 1000, peak_mb=median(run[1] for run in done[1:]))
        for name, done in runs.items()
    }


def environment(world: World) -> dict[str, str]:
    """What the stack and Lambda would tell the consumers: names, region, keys and where the cloud is."""
    arn, queue = next(iter(world.queues.items()))
    values: dict[str, Any] = msgspec.to_builtins(
        settings(
            configuration_set=world.name,
            deliveries_table=f"{world.name}-deliveries",
            sending_table=f"{world.name}-sending",
            suppressions_table=f"{world.name}-suppressions",
            queues={arn: queue},
        )
    )
    texts = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in values.items()
    }
    return world.cloud.environment() | texts | {"QUEUE_URL": queue.url}


def run(arguments: list[str], variables: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, *arguments], env=variables, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
