"""The model against the deployed mail path without faults: it tells a drain in advance, and the drain is measured."""

import os
import time

from msgspec import Struct

from tests.end_to_end.conftest import MailPath
from tests.soak.model import LEAST_CONCURRENCY, drain, off_by

PACED_RATE, PACED = 20, 300
MEASURED, FREE = 300, 900
MOST_OFF = 0.25
"""How far a prediction may be off on a machine that does other things too."""
BUSY = 2.0
"""Processes a core that want to run, above which a machine is busy with others."""
PATIENCE_S = 600.0


class Check(Struct, frozen=True, kw_only=True):
    """A prediction and what came."""

    what: str
    predicted: float
    measured: float
    busy: bool
    """Whether others kept the machine busy meanwhile, so that the error says nothing."""

    @property
    def off(self) -> float:
        """The error, as a part of what was measured."""
        return off_by(self.predicted, self.measured)


def check(path: MailPath) -> list[Check]:
    """Drain a backlog that the rate bounds, and one that the invocations bound, each as the model tells in advance."""
    usual = path.lambda_.get_function_configuration(FunctionName=path.outputs["ConsumerFunction"])
    rate = usual["Environment"]["Variables"]["SEND_RATE"]
    path.set_consumer(SEND_RATE=str(PACED_RATE))
    paced = _measured(path, PACED)
    path.set_consumer(SEND_RATE=rate)
    # With nothing to pace it, what an invocation takes on this machine.
    seconds_a_batch = LEAST_CONCURRENCY * 10 * _measured(path, MEASURED) / MEASURED
    free = _measured(path, FREE)
    predictions = [
        drain(PACED, rate=PACED_RATE, concurrency=LEAST_CONCURRENCY, seconds_a_batch=seconds_a_batch),
        drain(FREE, rate=float(rate), concurrency=LEAST_CONCURRENCY, seconds_a_batch=seconds_a_batch),
    ]
    busy = os.getloadavg()[1] > (os.cpu_count() or 1) * BUSY
    names = [
        f"{PACED} mails at {PACED_RATE}/s, which the rate bounds",
        f"{FREE} mails at {rate}/s with {seconds_a_batch:.2f} s a batch, which the invocations bound",
    ]
    return [
        Check(what=name, predicted=predicted.seconds, measured=measured, busy=busy)
        for name, predicted, measured in zip(names, predictions, (paced, free), strict=True)
    ]


def _measured(path: MailPath, count: int) -> float:
    """Return how long it takes from the first to the last mail of a backlog."""
    path.reset()
    path.set_mappings(enabled=False)
    path.put_all([path.message(str(n)) for n in range(count)])
    path.set_mappings(enabled=True)
    deadline = time.monotonic() + PATIENCE_S
    while len(path.mails()) < count:
        assert time.monotonic() < deadline, f"{count} mails were not sent in {PATIENCE_S:.0f} s"
        time.sleep(0.5)
    taken = [mail["taken_at"] for mail in path.mails()]
    return max(taken) - min(taken)
