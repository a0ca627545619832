"""A cache and a database under a clock that tests move on."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from blog.cache_aside import Freshness, StoreError

FRESHNESS = Freshness(fresh_seconds=60, stale_seconds=600, missing_seconds=10)


class Post(msgspec.Struct, frozen=True):
    title: str


class DatabaseError(Exception):
    pass


@dataclass
class World:
    """A clock that stands still unless somebody waits, a store, and a database that counts its queries."""

    time: float = 1_000_000.0
    stored: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    broken: bool = False
    post: Post | None = field(default_factory=lambda: Post("one"))
    queries: int = 0
    while_loading: Callable[[], None] = lambda: None
    while_sleeping: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.while_sleeping()

    def get(self, key: str) -> bytes | None:
        if self.broken:
            raise StoreError("down")
        value, expires = self.stored.get(key, (None, 0.0))
        return value if expires > self.time else None

    def add(self, key: str, value: bytes, *, seconds: float) -> bool:
        if self.get(key) is not None:
            return False
        self.stored[key] = value, self.time + seconds
        return True

    def swap(self, key: str, old: bytes, new: bytes, *, seconds: float) -> bool:
        if self.get(key) != old:
            return False
        self.stored[key] = new, self.time + seconds
        return True

    def delete(self, *keys: str) -> None:
        for key in keys:
            self.get(key)
            self.stored.pop(key, None)

    def load(self) -> Post | None:
        self.queries += 1
        self.while_loading()
        if self.post and self.post.title == "broken":
            raise DatabaseError("down")
        return self.post
