"""Cache-aside over a real Redis, a real Memcached and a real PostgreSQL, all behind TLS."""

import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from uuid import uuid4

import pytest

from blog.cache_aside import CacheAside, Freshness, StoreError
from data_access.postgres_server import DatabaseUnavailable
from local.servers.postgres import Postgres
from tests.blog_servers import (
    FRESHNESS,
    Cache,
    Load,
    Post,
    Shelf,
    at_once,
    memcached_cache,
    redis_cache,
)
from tests.waiting import wait_until

BRIEFLY = Freshness(fresh_seconds=1, stale_seconds=600, missing_seconds=10)
BOTH = [
    pytest.param(redis_cache, id="redis"),
    pytest.param(memcached_cache, id="memcached", marks=pytest.mark.needs("memcached")),
]


@pytest.fixture(scope="module", autouse=True)
def keys() -> Iterator[None]:
    """What tokens are signed with."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "ap-northeast-1"}.items():
            patch.setenv(f"AWS_{name}", value)
        yield


@pytest.fixture(scope="module", params=BOTH)
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    made: Cache = request.param(tmp_path_factory.mktemp("cache"))
    yield made
    made.server.close()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """On a PostgreSQL of its own, since it is restarted and stopped here."""
    postgres = Postgres.start(tmp_path_factory.mktemp("postgres"))
    yield Shelf.make(postgres, "shelf")
    postgres.close()


@pytest.fixture
def key() -> str:
    return f"post:{uuid4().hex}"


def read(aside: CacheAside, shelf: Shelf, key: str, *, freshness: Freshness = FRESHNESS) -> Post | None:
    return aside.read(key, Post, shelf.load, freshness=freshness)


@pytest.mark.parametrize("name", ["plain", "with space", "東京の朝", "x" * 300, "a\r\nb"])
def test_a_store_takes_any_key(name: str, cache: Cache) -> None:
    key = f"cache:{uuid4().hex}:{name}"
    assert cache.store.get(key) is None
    assert cache.store.add(key, b"one", seconds=60)
    assert cache.store.get(key) == b"one"
    cache.store.delete(key)
    assert cache.store.get(key) is None


def test_a_store_adds_only_where_nothing_is(cache: Cache, key: str) -> None:
    assert cache.store.add(f"cache:{key}", b"one", seconds=60)
    assert not cache.store.add(f"cache:{key}", b"two", seconds=60)
    assert cache.store.get(f"cache:{key}") == b"one"


def test_a_store_swaps_only_the_very_value(cache: Cache, key: str) -> None:
    name = f"cache:{key}"
    assert not cache.store.swap(name, b"one", b"two", seconds=60)
    cache.store.add(name, b"one", seconds=60)
    assert not cache.store.swap(name, b"other", b"two", seconds=60)
    assert cache.store.swap(name, b"one", b"two", seconds=60)
    assert cache.store.get(name) == b"two"


def test_of_many_swaps_at_once_one_succeeds(cache: Cache, key: str) -> None:
    cache.store.add(f"cache:{key}", b"one", seconds=60)
    assert at_once(20, lambda: cache.store.swap(f"cache:{key}", b"one", b"two", seconds=60)).count(True) == 1


def test_a_store_forgets_by_itself(cache: Cache, key: str) -> None:
    cache.store.add(f"cache:{key}", b"one", seconds=1)
    wait_until(lambda: cache.store.get(f"cache:{key}") is None)


def test_a_store_takes_a_picture(cache: Cache, key: str) -> None:
    picture = b"p" * 960_000
    assert cache.store.add(f"cache:{key}", picture, seconds=60)
    assert cache.store.get(f"cache:{key}") == picture


def test_one_query_for_a_hundred_readers_of_a_cold_key(cache: Cache, shelf: Shelf, key: str) -> None:
    before, aside = shelf.queries(), cache.aside()
    assert at_once(100, lambda: read(aside, shelf, key)) == [Post("one")] * 100
    assert shelf.queries() == before + 1


def test_one_query_for_a_hundred_readers_at_the_moment_of_expiry(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    read(aside, shelf, key, freshness=BRIEFLY)
    time.sleep(1.1)
    before = shelf.queries()
    assert at_once(100, lambda: read(aside, shelf, key)) == [Post("one")] * 100
    assert shelf.queries() == before + 1


def test_a_cache_that_is_killed_and_comes_back_costs_no_answer(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    with Load(lambda: read(aside, shelf, key)) as load:
        wait_until(lambda: len(load.answers) > 50)
        cache.server.stop()
        away = len(load.answers)
        wait_until(lambda: len(load.answers) > away + 20)
        cache.server.resume()
        wait_until(lambda: cached(cache, key))
    assert set(load.answers) == {Post("one")}
    before = shelf.queries()
    assert [read(aside, shelf, key) for _ in range(20)] == [Post("one")] * 20
    assert shelf.queries() == before


def test_a_cache_that_hangs_costs_no_answer(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    read(aside, shelf, key)
    cache.server.pause()
    try:
        assert [read(aside, shelf, key) for _ in range(5)] == [Post("one")] * 5
    finally:
        cache.server.unpause()


def test_a_database_that_restarts_costs_no_answer(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    read(aside, shelf, key)
    with Load(lambda: (read(aside, shelf, key), read(aside, shelf, f"{key}:{uuid4().hex}"))) as load:
        wait_until(lambda: len(load.answers) > 10)
        restart = Thread(target=shelf.postgres.restart)
        restart.start()
        restart.join()
        after = len(load.answers)
        wait_until(lambda: len(load.answers) > after + 10)
    lost = [answer for answer in load.answers if isinstance(answer, Exception)]
    # A query that runs in the very moment is cut off; nothing that begins later fails.
    assert len(lost) <= load.readers, lost
    assert {type(answer) for answer in lost} <= {DatabaseUnavailable}
    assert {answer for answer in load.answers if not isinstance(answer, Exception)} == {(Post("one"), Post("one"))}


def test_without_a_database_the_stale_value_is_served_and_no_error_stored(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    read(aside, shelf, key, freshness=BRIEFLY)
    time.sleep(1.1)

    def fail() -> Post | None:
        raise DatabaseUnavailable("down")

    answers = [aside.read(key, Post, fail, freshness=BRIEFLY) for _ in range(10)]
    assert answers == [Post("one")] * 10
    with pytest.raises(DatabaseUnavailable):
        aside.read(f"{key}:cold", Post, fail, freshness=BRIEFLY)
    assert read(aside, shelf, f"{key}:cold") == Post("one")


@pytest.mark.parametrize("poison", [b"", b"rubbish", b"\xff", b'{"fresh_until": 9e12, "value": {"no": "title"}}'])
def test_a_poisoned_value_is_replaced(poison: bytes, cache: Cache, shelf: Shelf, key: str) -> None:
    cache.store.add(f"cache:{key}", poison, seconds=60)
    before, aside = shelf.queries(), cache.aside()
    assert [read(aside, shelf, key) for _ in range(3)] == [Post("one")] * 3
    assert shelf.queries() == before + 1


def test_a_value_of_another_redis_type_is_replaced(
    shelf: Shelf, key: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = redis_cache(tmp_path_factory.mktemp("typed"))
    with cache.server.admin() as admin:  # type: ignore[attr-defined]
        admin.rpush(f"cache:{key}", "one", "two")
    before, aside = shelf.queries(), cache.aside()
    assert [read(aside, shelf, key) for _ in range(3)] == [Post("one")] * 3
    assert shelf.queries() == before + 1
    cache.server.close()


def test_a_write_during_a_slow_query_never_leaves_the_old_value(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    titles = [f"title {number}" for number in range(8)]
    for title in titles:
        reader = Thread(target=read, args=(aside, shelf, key))
        reader.start()
        shelf.write(title)
        aside.forget(key)
        reader.join()
        assert read(aside, shelf, key) == Post(title)
    shelf.write("one")


def cached(cache: Cache, key: str) -> bool:
    with suppress(StoreError):
        return b'"value"' in (cache.store.get(f"cache:{key}") or b"")
    return False
