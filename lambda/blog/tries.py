"""Counters that limit what strangers can set in motion."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import redis

from blog.outages import sessions_outage

# In one step, so that no counter can stay for ever without an expiry. redis-py's own incr() sends INCRBY.
COUNT = """
local count = redis.call("incr", KEYS[1])
redis.call("expire", KEYS[1], ARGV[1])
return count
"""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many tries within so many seconds."""

    name: str
    tries: int
    seconds: int


class Tries:
    """Counts tries in Redis, by windows of time."""

    def __init__(self, client: redis.Redis, *, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._now = now

    def allow(self, limit: Limit, who: str) -> bool:
        """Count one more try and tell whether it is within the limit. Raises SessionsUnavailableError."""
        window = int(self._now() // limit.seconds)
        # Neither addresses nor mail addresses stand in Redis, only hashes.
        key = f"tries:{limit.name}:{hashlib.sha256(who.encode()).hexdigest()}:{window}"
        with sessions_outage():
            count = self._client.eval(COUNT, 1, key, limit.seconds)
        return cast("int", count) <= limit.tries
