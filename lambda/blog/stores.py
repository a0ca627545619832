"""The two kinds of cache behind one interface: Redis (Valkey too) and Memcached."""

# pymemcache has no types for what it stores.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import hashlib
import logging
import math
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast
from urllib.parse import quote

import redis
from pymemcache import MemcacheError, PooledClient

from blog.cache_aside import StoreError

logger = logging.getLogger(__name__)

SWAP = """
if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("set", KEYS[1], ARGV[2], "px", ARGV[3])
return 1
"""
LONGEST_KEY = 250
"""Bytes of a key in Memcached's protocol, which knows no spaces in them either."""


class RedisStore:
    """A cache in Redis or Valkey."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client

    def get(self, key: str) -> bytes | None:
        """Return what is stored; what is no string, as only a person can have left it, is removed."""
        try:
            return cast("bytes | None", self.client.get(key))
        except redis.ResponseError as error:
            if not str(error).startswith("WRONGTYPE"):
                raise StoreError(str(error)) from error
            logger.warning("no string under %s", key, extra={"event": "cache_poisoned", "key": key})
            self.delete(key)
            return None
        except (redis.RedisError, OSError) as error:
            raise StoreError(str(error)) from error

    def add(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Store a value where there is none."""
        with _redis_errors():
            return bool(self.client.set(key, value, nx=True, px=_milliseconds(seconds)))

    def swap(self, key: str, old: bytes, new: bytes, *, seconds: float) -> bool:
        """Store a value in the place of just that old one."""
        with _redis_errors():
            return bool(self.client.eval(SWAP, 1, key, old, new, _milliseconds(seconds)))

    def delete(self, *keys: str) -> None:
        """Remove what is stored."""
        with _redis_errors():
            self.client.delete(*keys)


class MemcachedStore:
    """A cache in Memcached."""

    def __init__(self, client: PooledClient) -> None:
        self.client = client

    def get(self, key: str) -> bytes | None:
        """Return what is stored."""
        with _memcached_errors():
            return self.client.get(_memcached_key(key))

    def add(self, key: str, value: bytes, *, seconds: float) -> bool:
        """Store a value where there is none."""
        with _memcached_errors():
            return bool(self.client.add(_memcached_key(key), value, expire=math.ceil(seconds), noreply=False))

    def swap(self, key: str, old: bytes, new: bytes, *, seconds: float) -> bool:
        """Store a value in the place of just that old one."""
        name = _memcached_key(key)
        with _memcached_errors():
            stored, version = self.client.gets(name)
            if stored != old:
                return False
            return bool(self.client.cas(name, new, version, expire=math.ceil(seconds), noreply=False))

    def delete(self, *keys: str) -> None:
        """Remove what is stored."""
        with _memcached_errors():
            self.client.delete_many([_memcached_key(key) for key in keys], noreply=False)


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _memcached_key(key: str) -> str:
    safe = quote(key, safe=":")
    return safe if len(safe) <= LONGEST_KEY else hashlib.sha256(safe.encode()).hexdigest()


@contextmanager
def _redis_errors() -> Generator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise StoreError(str(error)) from error


@contextmanager
def _memcached_errors() -> Generator[None]:
    try:
        yield
    except (MemcacheError, OSError) as error:
        raise StoreError(str(error)) from error
