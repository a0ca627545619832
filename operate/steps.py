"""One step of a request's way."""

import time
from typing import NamedTuple


class Step(NamedTuple):
    """What was seen of a request; steps sort by their time."""

    at: int
    """Epoch milliseconds."""
    where: str
    text: str


def clock_ms(epoch_ms: int) -> str:
    """Return a moment in this machine's time zone, with milliseconds."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch_ms / 1000)) + f".{epoch_ms % 1000:03}"
