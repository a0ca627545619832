"""What the edge locations keep, each for itself."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from local.edge.distribution import Behavior
from local.edge.messages import Answer, Reply, Request, Result
from ttl_review.cache_key import CacheKey, cache_key
from ttl_review.freshness import Verdict


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An answer that is kept."""

    answer: Answer
    verdict: Verdict
    made_at: float
    """When the origin made it, in Unix time."""
    is_error: bool = False
    """Whether the origin has answered with an error, whatever page stands in for that."""
    asked_again_at: float = 0
    """Until then it is served though stale, since the origin has just failed."""

    def reply(self, now: float, result: Result = Result.HIT) -> Reply:
        """Return the entry as an answer."""
        return Reply(answer=self.answer, result=Result.ERROR if self.is_error else result, age=int(now - self.made_at))

    def may_be_served(self, now: float) -> bool:
        """Tell whether it may be served without asking the origin."""
        return self._overdue(now) < 0 or now < self.asked_again_at

    def may_be_served_meanwhile(self, now: float) -> bool:
        """Tell whether it may be served while the origin is asked."""
        return self._overdue(now) < self.verdict.stale_while_revalidate

    def may_stand_in(self, now: float) -> bool:
        """Tell whether it may be served since the origin fails."""
        return self._overdue(now) < self.verdict.stale_if_error

    def validators(self) -> dict[str, str]:
        """Return the conditions under which the origin need not send it again."""
        names = {"etag": "if-none-match", "last-modified": "if-modified-since"}
        return {names[name]: value for name, value in self.answer.fields.items() if name in names and not self.is_error}

    def _overdue(self, now: float) -> float:
        """Seconds since it has ceased to be fresh."""
        return now - self.made_at - self.verdict.fresh_seconds


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What asking the origin has led to."""

    reply: Reply
    """For the viewer whose request it was."""
    entry: Entry | None
    """What is kept of it."""

    @property
    def is_for_all(self) -> bool:
        """Whether it answers those who have waited for it too.

        "Simultaneous requests for the same object (request collapsing)": not what is kept for no time at all.
        """
        return self.entry is not None and (self.entry.verdict.fresh_seconds > 0 or self.entry.asked_again_at > 0)


Fetch = Callable[[], Awaitable[Fetched]]


@dataclass
class Location:
    """The cache of one edge location."""

    entries: dict[CacheKey, Entry] = field(default_factory=dict[CacheKey, Entry])
    _flights: dict[CacheKey, "asyncio.Task[Fetched]"] = field(default_factory=dict[CacheKey, "asyncio.Task[Fetched]"])
    """The origin requests under way, whose answers others wait for."""
    _emptied: int = 0
    """How often something was removed; what was asked for before that is not kept any more."""

    async def fetch(self, key: CacheKey, fetch: Fetch) -> tuple[Fetched, bool]:
        """Ask the origin, or wait for who asks it already; return its answer, and whether it was waited for."""
        under_way = self._flights.get(key)
        if under_way is not None:
            return await asyncio.shield(under_way), True
        return await asyncio.shield(self.start(key, fetch)), False

    def start(self, key: CacheKey, fetch: Fetch) -> "asyncio.Task[Fetched]":
        """Ask the origin, unless somebody does already."""
        if key not in self._flights:
            self._flights[key] = asyncio.create_task(self._fly(key, fetch))
        return self._flights[key]

    async def fetch_alone(self, key: CacheKey, fetch: Fetch) -> Fetched:
        """Ask the origin, and keep its answer unless something was removed in the meantime."""
        emptied = self._emptied
        fetched = await fetch()
        if emptied == self._emptied:
            self._keep(key, fetched.entry)
        return fetched

    def remove(self, concerns: Callable[[CacheKey], bool]) -> None:
        """Remove what is concerned; who comes from now on waits for no answer that was asked for before."""
        self.entries = {key: entry for key, entry in self.entries.items() if not concerns(key)}
        self._flights = {}
        self._emptied += 1

    def _keep(self, key: CacheKey, entry: Entry | None) -> None:
        if entry is None:
            self.entries.pop(key, None)
        else:
            self.entries[key] = entry

    async def _fly(self, key: CacheKey, fetch: Fetch) -> Fetched:
        try:
            return await self.fetch_alone(key, fetch)
        finally:
            if self._flights.get(key) is asyncio.current_task():
                del self._flights[key]


@dataclass
class Cache:
    """All edge locations."""

    _locations: dict[str, Location] = field(default_factory=dict[str, Location])

    def at(self, name: str) -> Location:
        """Return the cache of an edge location."""
        return self._locations.setdefault(name, Location())

    def remove(self, concerns: Callable[[CacheKey], bool] = lambda _key: True) -> None:
        """Remove what is concerned from every location, all if nothing is said."""
        for location in self._locations.values():
            location.remove(concerns)


def key_of(request: Request, behavior: Behavior, domain_name: str) -> CacheKey:
    """Return the key of a request's answer."""
    cookies = (pair.partition("=")[0].strip() for pair in request.fields.get("cookie", "").split(";"))
    query_strings = (part.partition("=")[0] for part in request.query.split("&"))
    return cache_key(
        method=request.method,
        host=domain_name,
        path=request.path,
        query=request.query,
        headers=request.fields,
        policy=behavior.cache_policy.key_policy(cookies=cookies, query_strings=query_strings),
    )


def invalidates(path: str, key: CacheKey) -> bool:
    """Tell whether the path of an invalidation concerns an object ("What you need to know when you invalidate files").

    `*` at the end stands for anything, query strings too; elsewhere it is a character. Case counts.
    """
    address = f"{key.path}?{key.query}" if key.query else key.path
    rooted = path if path.startswith("/") else f"/{path}"
    return address.startswith(rooted[:-1]) if rooted.endswith("*") else address == rooted
