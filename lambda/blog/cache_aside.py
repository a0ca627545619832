"""Cache-aside: look in the cache, on a miss ask the database, and let one request do that for all.

A key holds one entry, which is a value, a lease, or both:

    nothing         nobody has asked: who puts the first lease asks the database, the others wait for the value
    fresh value     served
    stale value     who puts a lease on it asks the database, the others are served the stale value meanwhile
    value is null   the database has nothing under this key, which is remembered too, but not for long

An answer of the database is stored only in place of the very lease under which it was asked for. So a key that was
forgotten meanwhile (since somebody wrote to the database) never gets the old value back, and a late answer never
overwrites a newer one. Facebook's paper "Scaling Memcache at Facebook" describes such leases.

A cache that is down, slow or holds rubbish makes reads slower, never wrong: they go on from the database.
"""

import functools
import logging
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

logger = logging.getLogger(__name__)

T = TypeVar("T")

PREFIX = "cache:"
JITTER = 0.1
"""The part of its freshness that an entry may lose at random, so that entries made together do not expire together."""
LEASE_SECONDS = 30.0
"""How long others wait for (or serve stale instead of) the answer of a request that may have died."""
WAIT_SECONDS = 5.0
"""How long a request without a stale value waits for another's answer before it asks the database itself."""
POLL_SECONDS = (0.005, 0.2)
"""How soon a waiting request looks again: first, and at most; a thousand that wait are then no load for the cache."""
AWAY_SECONDS = 1.0
"""How long a cache that failed is left alone, so that not every request pays its timeout."""
RETRY_SECONDS = 1.0
"""How long a stale value is served on, after the database has failed, until the next request asks it again."""


class StoreError(Exception):
    """The cache is down, slow, or refuses."""


class _WaitedTooLongError(Exception):
    """The lease is not to be had, and the answer of another request does not come."""


class Store(Protocol):
    """What a cache has to offer. Each method raises StoreError; `seconds` is when an entry expires by itself."""

    def get(self, key: str) -> bytes | None:
        """Return what is stored."""
        ...

    def add(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Store a value where there is none, and tell whether that was so."""
        ...

    def swap(self, key: str, old: bytes, new: bytes, *, seconds: float) -> bool:
        """Store a value in the place of just that old one, and tell whether it was still there."""
        ...

    def delete(self, *keys: str) -> None:
        """Remove what is stored."""
        ...


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How long, in seconds, an answer of the database is good for."""

    fresh_seconds: float
    """Served without a question."""
    stale_seconds: float
    """After that: served while one request asks the database, or while the database fails."""
    missing_seconds: float
    """Remembered that there is nothing."""


class Entry(msgspec.Struct, Generic[T], frozen=True, omit_defaults=True):
    """What is stored, as JSON that a person can read; times are seconds since 1970."""

    fresh_until: float = 0.0
    leased_until: float = 0.0
    lease: str = ""
    """Makes each lease, and with it the stored bytes, unlike any other."""
    value: T | UnsetType | None = UNSET


@dataclass(frozen=True, kw_only=True)
class Lease(Generic[T]):
    """The right to ask the database for all, and the entry that shows it, with the stale value if there is one."""

    stored: bytes
    entry: Entry[T]


_encode = msgspec.json.Encoder().encode


@functools.cache
def _decoder(kind: type[T]) -> "msgspec.json.Decoder[Entry[T]]":
    return msgspec.json.Decoder(Entry[kind])  # pyright: ignore[reportInvalidTypeArguments] (a type at run time only)


class CacheAside:
    """Reads through a cache; may be shared by threads."""

    def __init__(
        self, store: Store, *, now: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.store = store
        self.now = now
        self.sleep = sleep
        self._away_until = 0.0

    def read(self, key: str, kind: type[T], load: Callable[[], T | None], *, freshness: Freshness) -> T | None:
        """Return the value under a key, as `kind`, from the cache or by `load`; None where there is none.

        Raises what `load` raises, if there is no stale value to serve instead; a failure is never stored.
        """
        if self.now() < self._away_until:
            return load()
        name = PREFIX + key
        try:
            value, lease = self._find(name, kind, stale_seconds=freshness.stale_seconds)
        except StoreError as error:
            self._leave_alone(error)
            return load()
        except _WaitedTooLongError:
            return load()
        return self._fill(name, lease, load, freshness) if lease else value

    def forget(self, *keys: str) -> None:
        """Remove what is cached under these keys, since it has changed."""
        try:
            self.store.delete(*(PREFIX + key for key in keys))
        except StoreError as error:
            self._leave_alone(error)

    def _find(self, name: str, kind: type[T], *, stale_seconds: float) -> tuple[T | None, Lease[T] | None]:
        """Return a value to serve and no lease, or a lease."""
        give_up_at = self.now() + WAIT_SECONDS
        poll, longest = POLL_SECONDS
        while True:
            stored = self.store.get(name)
            entry = self._decode(name, stored, kind)
            now = self.now()
            value = entry.value if now < entry.fresh_until + stale_seconds else UNSET
            if value is not UNSET and max(entry.fresh_until, entry.leased_until) > now:
                return value, None
            if entry.leased_until <= now:
                mine = Entry(entry.fresh_until, now + LEASE_SECONDS, uuid.uuid4().hex, value)
                lease = Lease(stored=_encode(mine), entry=mine)
                if self._put(name, stored, lease.stored, seconds=LEASE_SECONDS + stale_seconds):
                    return None, lease
            if now > give_up_at:
                raise _WaitedTooLongError
            self.sleep(poll * random.uniform(0.5, 1))  # noqa: S311 (spreads the questions, hides nothing)
            poll = min(2 * poll, longest)

    def _fill(self, name: str, lease: Lease[T], load: Callable[[], T | None], freshness: Freshness) -> T | None:
        """Ask the database under a lease and store what it says in the lease's place."""
        try:
            value = load()
        except Exception:
            self._give_back(name, lease, stale_seconds=freshness.stale_seconds)
            stale = lease.entry.value
            if stale is UNSET:
                raise
            logger.exception("the database fails, a stale value is served", extra={"event": "stale_served"})
            return stale
        fresh, kept = freshness.fresh_seconds, freshness.fresh_seconds + freshness.stale_seconds
        if value is None:
            fresh = kept = freshness.missing_seconds
        fresh *= 1 - random.uniform(0, JITTER)  # noqa: S311 (spreads expiry, hides nothing)
        self._replace(name, lease, Entry(fresh_until=self.now() + fresh, value=value), seconds=kept)
        return value

    def _give_back(self, name: str, lease: Lease[T], *, stale_seconds: float) -> None:
        """Let another request ask the database: at once, or a little later while a stale value can be served."""
        wait = 0.0 if lease.entry.value is UNSET else RETRY_SECONDS
        entry = msgspec.structs.replace(lease.entry, leased_until=self.now() + wait)
        self._replace(name, lease, entry, seconds=RETRY_SECONDS + stale_seconds)

    def _replace(self, name: str, lease: Lease[T], entry: Entry[T], *, seconds: float) -> None:
        try:
            self.store.swap(name, lease.stored, _encode(entry), seconds=seconds)
        except StoreError as error:
            self._leave_alone(error)

    def _put(self, name: str, stored: bytes | None, mark: bytes, *, seconds: float) -> bool:
        if stored is None:
            return self.store.add(name, mark, seconds=seconds)
        return self.store.swap(name, stored, mark, seconds=seconds)

    def _decode(self, name: str, stored: bytes | None, kind: type[T]) -> Entry[T]:
        """Return what is stored; what cannot be read counts as long expired, and is replaced."""
        if stored is None:
            return Entry()
        try:
            return _decoder(kind).decode(stored)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            logger.warning("unreadable cache entry: %s", error, extra={"event": "cache_poisoned", "key": name})
            return Entry()

    def _leave_alone(self, error: StoreError) -> None:
        self._away_until = self.now() + AWAY_SECONDS
        logger.warning("cache unavailable: %s", error, extra={"event": "cache_unavailable"})
