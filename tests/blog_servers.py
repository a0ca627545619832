"""A cache and a database that are real, for tests of what the two do together."""

# pymemcache has no types.
# pyright: reportMissingTypeStubs=false

import functools
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier, Event
from typing import Self, TypeVar

import msgspec
from pymemcache import PooledClient

from blog.cache_aside import CacheAside, Freshness
from blog.database import Database
from blog.stores import MemcachedStore, RedisStore
from data_access.postgres_server import PostgresServer, connect
from data_access.redis_server import RedisServer
from data_access.redis_server import connect as connect_redis
from local.servers.authority import CA_FILE
from local.servers.memcached import Memcached
from local.servers.postgres import Postgres
from local.servers.valkey import Valkey

T = TypeVar("T")
ACCESS = "on ~cache:* ~session:* ~link:* ~tries:* -@all +get +set +getdel +getex +del +expire +incr +eval +ping"
PATIENT_MS = 20_000
"""How long an answer may take, on a machine that is busy with other tests."""
FRESHNESS = Freshness(fresh_seconds=60, stale_seconds=600, missing_seconds=10)


class Post(msgspec.Struct, frozen=True):
    title: str


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A cache server and how the blog uses it."""

    server: Valkey | Memcached
    store: RedisStore | MemcachedStore

    @classmethod
    def of(cls, server: Valkey | Memcached, *, timeout_ms: int = PATIENT_MS) -> "Cache":
        """Connect to a server."""
        store = _redis_store if isinstance(server, Valkey) else _memcached_store
        return cls(server=server, store=store(server.port, timeout_ms))

    def hasty(self) -> "Cache":
        """The same with connections that do not wait long."""
        return Cache.of(self.server, timeout_ms=300)

    def aside(self) -> CacheAside:
        """A process of the blog: it remembers by itself whether the cache was away."""
        return CacheAside(self.store)


def _redis_store(port: int, timeout_ms: int) -> RedisStore:
    server = RedisServer(
        host="127.0.0.1",
        port=port,
        name="cache",
        user="blog",
        ca_file=str(CA_FILE),
        timeout_ms=timeout_ms,
        connect_timeout_ms=timeout_ms,
    )
    return RedisStore(connect_redis(server))


def _memcached_store(port: int, timeout_ms: int) -> MemcachedStore:
    client = PooledClient(
        ("127.0.0.1", port),
        timeout=timeout_ms / 1000,
        connect_timeout=timeout_ms / 1000,
        tls_context=ssl.create_default_context(cafile=str(CA_FILE)),
    )
    return MemcachedStore(client)


@dataclass(frozen=True)
class Shelf:
    """A table with one post, whose every query takes a while and is counted by the database itself."""

    postgres: Postgres
    server: PostgresServer
    database: Database

    @classmethod
    def make(cls, postgres: Postgres, name: str) -> "Shelf":
        postgres.create_cluster(master=name, database=name)
        server = PostgresServer(host="127.0.0.1", port=postgres.port, database=name, user=name, ca_file=str(CA_FILE))
        shelf = cls(postgres, server, Database(functools.partial(connect, server, patience_seconds=60)))
        with shelf.database.connection() as connection:
            connection.execute("CREATE SEQUENCE asked")
            connection.execute("CREATE TABLE post AS SELECT 'one' AS title")
        return shelf

    def load(self) -> Post | None:
        """Ask for the post, which takes a twentieth of a second."""
        with self.database.connection() as connection:
            row = connection.execute("SELECT title, nextval('asked'), pg_sleep(0.05) FROM post").fetchone()
        return Post(row[0]) if row else None

    def load_at_once(self) -> Post | None:
        """Ask for the post, without patience for a database that is away."""
        at_once = Database(functools.partial(connect, self.server, patience_seconds=0))
        return replace(self, database=at_once).load()

    def write(self, title: str) -> None:
        with self.database.connection() as connection:
            connection.execute("UPDATE post SET title = %s", [title])

    def queries(self) -> int:
        with self.database.connection() as connection:
            row = connection.execute("SELECT last_value, is_called FROM asked").fetchone()
        return row[0] if row and row[1] else 0


def at_once(count: int, do: Callable[[], T], *, ready: Callable[[], object] = lambda: None) -> list[T]:
    """Do something in so many threads that all begin together, once each has got ready."""
    barrier = Barrier(count)

    def begin(_: int) -> T:
        ready()
        barrier.wait()
        return do()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(begin, range(count)))


class Load:
    """Readers that read one key after the other until the block ends; what they got is in `answers`."""

    def __init__(self, read: Callable[[], object], *, readers: int = 4) -> None:
        self.read, self.readers = read, readers
        self.answers: list[object] = []

    def __enter__(self) -> Self:
        self._over = Event()
        self._threads = ThreadPoolExecutor(self.readers)
        self._running = [self._threads.submit(self._run) for _ in range(self.readers)]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for running in self._running:
            running.result()
        self._threads.shutdown()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self.answers.append(self.read())
            except Exception as error:  # noqa: BLE001 (is told by the test)
                self.answers.append(error)
