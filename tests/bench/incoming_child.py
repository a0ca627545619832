"""A function in a fresh process, whose batches are timed: `python -m tests.bench.incoming_child <module>`.

Standard input has a line of JSON for each batch: the records of its event. The first one is not timed.
"""

import importlib
import json
import logging
import os
import sys
import time

from tests.bench.child import Context, peak_mb


def main() -> None:
    """Work through the batches; nothing may come back."""
    logging.basicConfig(filename=os.devnull)  # written, as Lambda would
    handle = importlib.import_module(sys.argv[1]).handle
    seconds: list[float] = []
    for line in sys.stdin:
        event = {"Records": json.loads(line)}
        began = time.perf_counter()
        back = handle(event, Context())["batchItemFailures"]
        seconds.append(time.perf_counter() - began)
        if back:
            raise RuntimeError(f"{len(back)} messages come back")
    sys.stdout.write(json.dumps({"seconds": seconds[1:], "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
