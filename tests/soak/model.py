"""A model of how a backlog of mails drains: how long, with how many invocations at once, and at what cost.

`python -m tests.soak.model` prints the table. The soak checks it: the same model with the embedded cloud's parameters
must tell in advance how long a backlog takes there.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import replace

from msgspec import Struct

from review.cost import load
from review.prices import Prices
from review.use import BATCH, MILLION, mail
from stacks.config import STAGES
from tests.soak.report import table

BACKLOG = 10_000_000
RATES = (14, 200, 5000)
"""What SES allows a new account, a grown one, and a large one, in recipients a second."""
SECONDS_A_BATCH = 0.25
"""How long an invocation takes when nothing paces it: ten sends side by side of 50 to 100 ms, and four calls of 10 ms
before and after them. A start-up once an hour does not show."""
LEAST_CONCURRENCY = 2
"""Lambda takes no less ("Configuring scaling behavior for SQS event source mappings")."""
RETENTION_DAYS = 14
DAY_S = 86_400
SERVICES = ("SES", "Lambda", "SQS", "DynamoDB", "SNS", "CloudWatch Logs")


class Drain(Struct, frozen=True, kw_only=True):
    """How a backlog drains."""

    backlog: int
    rate: float
    concurrency: int
    seconds: float

    @property
    def in_time(self) -> bool:
        """Whether the last mail is sent before its message expires."""
        return self.seconds < RETENTION_DAYS * DAY_S


def concurrency_for(rate: float, *, seconds_a_batch: float = SECONDS_A_BATCH) -> int:
    """Return how many invocations at once use a rate up: by Little's law, and never less than Lambda takes."""
    return max(LEAST_CONCURRENCY, math.ceil(rate * seconds_a_batch / BATCH))


def drain(backlog: int, *, rate: float, concurrency: int, seconds_a_batch: float = SECONDS_A_BATCH) -> Drain:
    """Drain a backlog at the slower of the rate and what so many invocations can do."""
    able = concurrency * BATCH / seconds_a_batch
    return Drain(backlog=backlog, rate=rate, concurrency=concurrency, seconds=backlog / min(rate, able))


def cost(found: Drain, *, prices: Prices, stage: str = "prod") -> dict[str, float]:
    """Return what the drain costs in USD by service, each mail as it is counted in `review.use`."""
    config = STAGES[stage]
    consumer = replace(config.consumer, send_rate=found.backlog / found.seconds, max_concurrency=found.concurrency)
    uses = mail(replace(config, consumer=consumer))
    millions = found.backlog / MILLION
    return {
        service: sum(millions * each.million(prices, config.region) for each in uses if each.what.startswith(service))
        for service in SERVICES
    }


def off_by(predicted: float, measured: float) -> float:
    """Return by what part of the measured a prediction is off."""
    return abs(predicted - measured) / measured


def rows(prices: Prices) -> Iterator[list[str]]:
    """Yield the table of the usual rates."""
    yield ["SES rate", "drain time", "invocations at once", *(f"{name}, USD" for name in SERVICES), "in all, USD"]
    for rate in RATES:
        found = drain(BACKLOG, rate=rate, concurrency=concurrency_for(rate))
        usd = cost(found, prices=prices)
        figures = [f"{usd[name]:,.2f}" for name in SERVICES]
        yield [f"{rate:,}/s", span(found.seconds), str(found.concurrency), *figures, f"{sum(usd.values()):,.2f}"]


def span(seconds: float) -> str:
    """Say a time in the unit that fits it."""
    unit, length = next(each for each in (("d", DAY_S), ("h", 3600), ("min", 60), ("s", 1)) if seconds >= each[1])
    return f"{seconds / length:.1f} {unit}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table([*rows(load())])) + "\n")
