"""What is deployed now: looked up again at most once a second, invalidations too."""

import asyncio
import time
from dataclasses import dataclass, field

from local.edge.cache import Cache, invalidates
from local.edge.distribution import Distribution
from local.edge.reading import Json, Reader

SECONDS = 1.0
"""How old what is known may be."""


@dataclass
class Known:
    """A distribution as it was when it was looked up."""

    distribution: Distribution
    looked_up_at: float


@dataclass
class Deployed:
    """The distributions of the embedded cloud."""

    reader: Reader
    cache: Cache
    _known: dict[str, Known] = field(default_factory=dict[str, Known])
    """By the Host that was asked for."""
    _invalidations: set[str] = field(default_factory=set[str])
    """Those that have taken effect, of every distribution."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, host: str) -> Distribution | None:
        """Return the distribution that a Host header means: the one with that name, else the newest.

        None: nothing is deployed.
        """
        async with self._lock:
            known = self._known.get(host)
            if known is None or time.monotonic() - known.looked_up_at > SECONDS:
                known = await self._look_up(host)
        return known.distribution if known else None

    def forget(self) -> None:
        """Look everything up again."""
        for known in self._known.values():
            known.looked_up_at = 0

    async def _look_up(self, host: str) -> Known | None:
        summaries = await asyncio.to_thread(self.reader.summaries)
        summary = _meant(host.partition(":")[0].lower(), summaries)
        if summary is None:
            self._known.clear()
            return None
        began = time.monotonic()
        distribution = await asyncio.to_thread(self.reader.distribution, summary)
        await self._invalidate(distribution)
        self._known[host] = Known(distribution=distribution, looked_up_at=began)
        return self._known[host]

    async def _invalidate(self, own: Distribution) -> None:
        """Let new invalidations take effect; those from before the first request find an empty cache."""
        for invalidation in await asyncio.to_thread(self.reader.invalidations, own.id):
            if invalidation not in self._invalidations:
                paths = await asyncio.to_thread(self.reader.invalidated, own.id, invalidation)
                self.cache.remove(
                    lambda key, paths=paths: (
                        key.host == own.domain_name and any(invalidates(path, key) for path in paths)
                    )
                )
                self._invalidations.add(invalidation)


def _meant(host: str, summaries: list[Json]) -> Json | None:
    enabled = [summary for summary in summaries if summary["Enabled"]]
    named = (each for each in enabled if host in {each["DomainName"], *each.get("Aliases", {}).get("Items", [])})
    return next(named, enabled[-1] if enabled else None)
