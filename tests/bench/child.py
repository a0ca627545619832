"""One consumer in a fresh process: batches of ten, each timed. `python -m tests.bench.child <module> <batches>`."""

import importlib
import json
import logging
import os
import re
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.mail_records import four_attributes, record

BATCH = 10
INVOCATION_MS = 60_000


class Context:
    """What Lambda tells a handler of its invocation."""

    function_name = "bench"
    invoked_function_arn = "arn:aws:lambda:ap-northeast-1:000000000000:function:bench"
    memory_limit_in_mb = 512

    def __init__(self) -> None:
        self.aws_request_id = str(uuid4())

    def get_remaining_time_in_millis(self) -> int:
        return INVOCATION_MS


def peak_mb() -> float:
    """Peak resident memory in MB; not `ru_maxrss`, which a process takes over from the one that started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def main() -> None:
    """Consume a first batch that is not timed, then the timed ones, then the last of them again: no mail may come."""
    module, batches = sys.argv[1], int(sys.argv[2])
    logging.basicConfig(filename=os.devnull)  # written, as Lambda would
    handle = importlib.import_module(module).handle
    (queue,) = json.loads(os.environ["QUEUES"])
    seconds: list[float] = []
    cpu_ms: list[float] = []
    event: dict[str, Any] = {}
    for _ in range(batches + 1):
        event = {"Records": [record(attributes=four_attributes(), arn=queue) for _ in range(BATCH)]}
        began, began_cpu = time.perf_counter(), time.process_time()
        handle(event, Context())
        cpu_ms.append((time.process_time() - began_cpu) * 1000)
        seconds.append(time.perf_counter() - began)
    handle(event, Context())
    sys.stdout.write(json.dumps({"seconds": seconds[1:], "cpu_ms": cpu_ms[1:], "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
