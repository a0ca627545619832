"""Readers who ask the same again and again, and what they notice."""

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Self

SERVER_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One request: when it began, how long it took, and its status; 0: no answer came."""

    at: float
    seconds: float
    status: int

    @property
    def failed(self) -> bool:
        """Whether a reader would have noticed."""
        return self.status == 0 or self.status >= SERVER_ERROR


@dataclass
class Probe:
    """One reader, who asks every `interval` seconds while the block of `with` lasts."""

    name: str
    ask: Callable[[], int]
    """Asks once and returns the status."""
    interval: float
    samples: list[Sample] = field(default_factory=list[Sample])
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                status = self.ask()
            except (OSError, http.client.HTTPException):
                status = 0
            took = time.monotonic() - began
            self.samples.append(Sample(at=began, seconds=took, status=status))
            self._over.wait(max(0.0, self.interval - took))


def outages(samples: list[Sample]) -> list[float]:
    """Return how long each row of failures lasted: from its first request to the first that was answered again.

    One that goes on to the end lasts until the last request's end.
    """
    found: list[float] = []
    began: float | None = None
    for sample in samples:
        if sample.failed and began is None:
            began = sample.at
        elif not sample.failed and began is not None:
            found.append(sample.at - began)
            began = None
    return found if began is None else [*found, samples[-1].at + samples[-1].seconds - began]


def away(samples: list[Sample]) -> bool:
    """Tell whether the last request was in vain, or none has ended."""
    return not samples or samples[-1].failed


def told(samples: list[Sample]) -> str:
    """Return one line about what was noticed."""
    failed = [sample for sample in samples if sample.failed]
    answered = [1000 * sample.seconds for sample in samples if not sample.failed]
    times = f"{median(answered):.0f} ms median, {max(answered):.0f} ms at most" if answered else "no answer"
    if not failed:
        return f"never away: {len(samples)} asked, {times}"
    statuses = ", ".join(str(status or "no answer") for status in sorted({sample.status for sample in failed}))
    rows = " and ".join(f"{seconds:.1f} s" for seconds in outages(samples))
    return f"away for {rows}: {len(failed)} of {len(samples)} failed ({statuses}); else {times}"
