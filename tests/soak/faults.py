"""Faults at random points: SES refuses, fails, throttles and loses answers; functions are killed; servers go away."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

from msgspec import Struct

from local.cloud import Cloud
from local.outages import Outages
from tests.soak.processes import workers

Fault = Callable[[], bool]
"""Makes one fault, and tells whether there was anything to make it with."""

POSTGRES, VALKEY = "postgres", "valkey"
OUTAGE_SECONDS = (0.5, 4.0)
SES_FAULTS: Mapping[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "throttled": ((10, 60), {"code": "TooManyRequestsException", "message": "Maximum sending rate exceeded."}),
    "failing": ((3, 15), {"code": "InternalFailure", "message": "Try again.", "status": 500}),
    "answer lost": ((1, 3), {"lose_answer": True}),
    "refused": ((1, 2), {"code": "MessageRejected", "message": "Illegal content."}),
}
"""Name -> between how many and how many sends, and how each fails."""


class Window(Struct, frozen=True, kw_only=True):
    """When a server was away, in epoch seconds."""

    kind: str
    begin: float
    end: float


class Faults:
    """A thread that makes one fault after the other, each kind once before any comes again."""

    def __init__(self, *, kinds: Mapping[str, Fault], pause: float, seed: int) -> None:
        self.counted: Counter[str] = Counter()
        self._kinds = kinds
        self._pause = pause
        self._rng = random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.trouble: list[str] = []

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Make no more, and wait for the last to be over."""
        self.end()

    def end(self) -> None:
        """Make no more, and wait for the last to be over."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        deck: list[str] = []
        while not self._over.wait(self._pause * self._rng.uniform(0.5, 1.5)):
            if not deck:
                deck = self._rng.sample([*self._kinds], len(self._kinds))
            kind = deck.pop()
            try:
                self.counted[kind] += self._kinds[kind]()
            except Exception as reason:  # noqa: BLE001 (a fault that cannot be made must be told, not end the others)
                self.trouble.append(f"{kind}: {reason}")


class Hand:
    """Makes single faults."""

    def __init__(self, cloud: Cloud, *, seed: int) -> None:
        self.windows: list[Window] = []
        self._cloud = cloud
        self._outages = Outages(cloud.endpoint)
        self._rng = random.Random(seed)

    def of_ses(self) -> dict[str, Fault]:
        """SES's own."""
        return {f"SES {name}": self._ses(times, fault) for name, (times, fault) in SES_FAULTS.items()}

    def of_servers(self) -> dict[str, Fault]:
        """Redis and PostgreSQL restarted."""
        return {
            "Redis restarted": lambda: self._outage(VALKEY),
            "PostgreSQL restarted": lambda: self._outage(POSTGRES),
        }

    def kill(self, function: str) -> Fault:
        """End a process of a function in the middle of what it does."""

        def act() -> bool:
            found = workers(self._cloud.pid, function)
            with suppress(ProcessLookupError):
                for pid in self._rng.sample(found, min(1, len(found))):
                    os.kill(pid, signal.SIGKILL)
                    return True
            return False

        return act

    def deliver_again(self) -> bool:
        """Deliver what is in hand a second time, as a standard queue may."""
        self._cloud.end_visibility_timeouts()
        return True

    def _ses(self, times: tuple[int, int], fault: dict[str, Any]) -> Fault:
        def act() -> bool:
            self._cloud.ses.fail(times=self._rng.randint(*times), **fault)
            return True

        return act

    def _outage(self, kind: str) -> bool:
        begin, seconds = time.time(), self._rng.uniform(*OUTAGE_SECONDS)
        self._outages.begin(kind, seconds=seconds)
        while kind in self._outages.away():
            time.sleep(0.1)
        self.windows.append(Window(kind=kind, begin=begin, end=time.time()))
        return True
