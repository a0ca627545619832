"""The edge beside the emulator: a process of its own, in the same group, that ends with this one."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start() -> "subprocess.Popen[bytes]":
    """Start the edge on the sockets that stand open for it; it runs until its input is closed."""
    sockets = [int(number) for number in os.environ["EDGE_SOCKETS"].split(",")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lambda")}  # the rules of freshness lie there
    edge = subprocess.Popen(
        [sys.executable, "-m", "local.edge"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, pass_fds=sockets
    )
    for number in sockets:
        os.close(number)
    return edge
