"""How often the database is asked when many readers come for one cold key at once, from several processes."""

import os
import queue
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from threading import Barrier as Together
from typing import Any
from uuid import uuid4

import msgspec
from redis import Redis

from local.servers.postgres import Postgres
from local.servers.valkey import Valkey
from tests.bench.web_child import environment

PROCESSES = 10
CONNECTIONS = 10
"""To the database, a process: a function would have one, a server a pool."""
READY_SECONDS = 120
QUERY = "SELECT nextval('asked'), pg_sleep(0.05)"


class Answer(msgspec.Struct, frozen=True):
    text: str


_barrier: Barrier | None = None


def _begin(barrier: Barrier, variables: dict[str, str]) -> None:
    global _barrier  # noqa: PLW0603 (a process of its own)
    _barrier = barrier
    os.environ.update(variables)


def queries_for(way: str, valkey: Valkey, postgres: Postgres, *, readers: int) -> int:
    """Let so many readers read one key at once, `ours` or by the `textbook`, and return how many queries it cost."""
    with postgres.admin("blog") as admin:
        admin.execute("DROP SEQUENCE IF EXISTS asked")
        admin.execute("CREATE SEQUENCE asked")
        admin.execute("GRANT USAGE ON SEQUENCE asked TO blog")
        context = get_context("spawn")
        begun = (context.Barrier(PROCESSES), environment(valkey, postgres))
        key = f"bench:{uuid4().hex}"
        with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=_begin, initargs=begun) as processes:
            each = readers // PROCESSES
            answers = sum(processes.map(_read_at_once, [way] * PROCESSES, [key] * PROCESSES, [each] * PROCESSES))
        if answers != readers:
            raise RuntimeError(f"{answers} of {readers} readers were answered")
        row: Any = admin.execute("SELECT last_value FROM asked").fetchone()
        return int(row[0])


def _read_at_once(way: str, key: str, readers: int) -> int:
    """Read in so many threads together with all other processes; return how many got the answer."""
    from data_access.postgres_server import PostgresServer, connect  # noqa: PLC0415 (children only)

    # Without TLS: what stands before Valkey for it is slower than Redis' own, and not what is measured here.
    redis = Redis(port=int(os.environ["PLAIN_PORT"]), username="blog", password="any", protocol=2)
    pool: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for _ in range(CONNECTIONS):
        pool.put(connect(PostgresServer.from_environment(os.environ), patience_seconds=60))

    def load() -> Answer:
        connection = pool.get()
        try:
            connection.execute(QUERY)
            connection.commit()
        finally:
            pool.put(connection)
        return Answer("answer")

    read = {"ours": _ours, "textbook": _textbook}[way](redis, key, load)
    together = Together(readers + 1)

    def one(_: int) -> bool:
        redis.ping()  # connected before all begin
        together.wait()
        return bool(read())

    with ThreadPoolExecutor(readers) as threads:
        answers = threads.map(one, range(readers))
        assert _barrier
        _barrier.wait(READY_SECONDS)
        together.wait()
        return sum(answers)


def _ours(redis: Redis, key: str, load: Callable[[], Answer]) -> Callable[[], Answer | None]:
    from blog.cache_aside import CacheAside, Freshness  # noqa: PLC0415
    from blog.stores import RedisStore  # noqa: PLC0415

    cache = CacheAside(RedisStore(redis))
    freshness = Freshness(fresh_seconds=60, stale_seconds=60, missing_seconds=10)
    return lambda: cache.read(key, Answer, load, freshness=freshness)


def _textbook(redis: Redis, key: str, load: Callable[[], Answer]) -> Callable[[], Answer | None]:
    """Get, else query and set."""

    def read() -> Answer:
        stored: Any = redis.get(f"cache:{key}")
        if stored is not None:
            return msgspec.json.decode(stored, type=Answer)
        answer = load()
        redis.set(f"cache:{key}", msgspec.json.encode(answer), ex=60)
        return answer

    return read
