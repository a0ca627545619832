"""The part of `make up` that reviews TTLs: readers of the day before yesterday, and the report that comes by mail."""

import json
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.cloud import Cloud
from operate import awaiting
from operate.command import say
from operate.stage import outputs

PATHS = ("/", "/posts/three-caches-before-the-database", "/posts/thundering-herd", "/?page=2", "/contact")
READERS = 200
LOCATIONS = ("NRT57-P1", "KIX50-P2")
HOURS = 3
DAYS_AGO = 2
"""A day is complete when a whole one has passed since."""


class ReviewError(Exception):
    """The review does not do what it should."""


@dataclass(frozen=True, kw_only=True)
class FirstReview:
    """Readers, the logs that they leave, and what is made of these."""

    cloud: Cloud

    def show(self) -> dict[str, Any]:
        """Let readers come, review their day, and return the mail that the report is."""
        self._read()
        before = len(self.cloud.ses.mails())
        day = f"{self._day():%Y-%m-%d}"
        answer = self.ask({"first": day, "last": day})
        say(
            "reviewed",
            f"{answer['lines']} lines of {day}, {answer['proposals']} proposals; mail {answer['message_id']}",
        )
        return awaiting.mail(self.cloud, "TTL review", after=before)

    def ask(self, event: dict[str, Any]) -> dict[str, Any]:
        """Run the deployed review and return its answer."""
        name = outputs("local", "review", self.cloud.client)["ReviewFunction"]
        answer = self.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise ReviewError(f"function {name} failed: {said.get('errorMessage')}; see its log")
        return said

    def _day(self) -> datetime:
        return datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=DAYS_AGO)

    def _read(self) -> None:
        """Visit at random, but the same in each run; most readers come for few pages."""
        edge, chance = self.cloud.edge, random.Random(9)  # noqa: S311 (no secret)
        edge.flush_log()
        edge.set_time(self._day().timestamp())
        try:
            for _ in range(READERS):
                edge.locate(chance.choice(LOCATIONS))
                path = chance.choices(PATHS, weights=[1 / rank for rank in range(1, len(PATHS) + 1)])[0]
                edge.request("GET", path, tls=True)
                edge.advance(chance.expovariate(READERS / HOURS / 3600))
            keys = edge.flush_log()
        finally:
            edge.set_time(time.time())
            edge.locate(LOCATIONS[0])
        say("log", f"{READERS} requests at {len(LOCATIONS)} edge locations, in {len(keys)} files below {keys[0][:16]}…")
