"""Waiting for what takes a while, without a wait that is longer than it takes."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 30


def wait_until(
    condition: Callable[[], Any], *, within: float = PATIENCE_S, what: Callable[[], str] = lambda: "nothing"
) -> Any:
    """Wait for a condition and return what it gives; `what` tells what was there instead when time is over."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"after {within} s: {what()}"
        time.sleep(0.1)
    return value
