"""Cache-aside over a real Redis, a real Memcached and a real PostgreSQL, all behind TLS."""

import time
from collections.abc import Iterator
from threading import Event, Thread
from uuid import uuid4

import pytest

from blog import cache_aside
from blog.cache_aside import CacheAside, Freshness
from data_access.postgres_server import DatabaseUnavailable
from local.servers.postgres import Postgres
from local.servers.valkey import Valkey
from tests.blog_servers import FRESHNESS, Cache, Load, Post, Shelf, at_once
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.usefixtures("signing_keys", "first_title")
BRIEFLY = Freshness(fresh_seconds=1, stale_seconds=600, missing_seconds=10)
EXPIRED = Freshness(fresh_seconds=0, stale_seconds=600, missing_seconds=10)
READERS = 100


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """On a PostgreSQL of its own, since it is restarted and stopped here."""
    postgres = Postgres.start(tmp_path_factory.mktemp("postgres"))
    yield Shelf.make(postgres, "shelf")
    postgres.close()


@pytest.fixture
def first_title(shelf: Shelf) -> None:
    shelf.write("one")


def read(aside: CacheAside, shelf: Shelf, key: str, *, freshness: Freshness = FRESHNESS) -> Post | None:
    return aside.read(key, Post, shelf.load, freshness=freshness)


def test_one_query_for_a_hundred_readers_of_a_cold_key(
    cache: Cache, shelf: Shelf, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_aside, "WAIT_SECONDS", PATIENCE_S)  # for a busy machine
    before, aside = shelf.queries(), cache.aside()
    answers = at_once(READERS, lambda: read(aside, shelf, key), ready=lambda: cache.store.get(f"cache:{key}"))
    assert answers == [Post("one")] * READERS
    assert shelf.queries() == before + 1


def test_at_expiry_one_of_a_hundred_readers_asks_and_none_waits_for_it(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    read(aside, shelf, key, freshness=BRIEFLY)
    shelf.write("two")
    before = shelf.queries()
    time.sleep(BRIEFLY.fresh_seconds)
    answers: list[Post | None] = []

    def load_when_all_others_are_served() -> Post | None:
        wait_until(lambda: len(answers) == READERS - 1)
        return shelf.load()

    at_once(
        READERS,
        lambda: answers.append(aside.read(key, Post, load_when_all_others_are_served, freshness=FRESHNESS)),
        ready=lambda: cache.store.get(f"cache:{key}"),
    )
    assert answers == [Post("one")] * (READERS - 1) + [Post("two")]
    assert read(aside, shelf, key) == Post("two")
    assert shelf.queries() == before + 1


def test_a_cache_that_is_killed_and_comes_back_costs_no_answer(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()

    def queries_of_some_reads() -> int:
        before = shelf.queries()
        reads = len(load.answers)
        wait_until(lambda: len(load.answers) > reads + 20)
        return shelf.queries() - before

    with Load(lambda: read(aside, shelf, key)) as load:
        wait_until(lambda: load.answers)
        assert queries_of_some_reads() == 0
        cache.server.stop()
        wait_until(lambda: queries_of_some_reads() >= 20)
        cache.server.resume()
        wait_until(lambda: queries_of_some_reads() == 0)
    assert set(load.answers) == {Post("one")}


def test_a_cache_that_hangs_costs_no_answer(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.hasty().aside()
    read(aside, shelf, key)
    cache.server.pause()
    try:
        before = shelf.queries()
        assert [read(aside, shelf, key) for _ in range(5)] == [Post("one")] * 5
        assert shelf.queries() == before + 5
    finally:
        cache.server.unpause()
    assert read(cache.aside(), shelf, key) == Post("one")


def test_a_database_that_restarts_costs_no_answer(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    read(aside, shelf, key)
    with Load(lambda: (read(aside, shelf, key), read(aside, shelf, f"{key}:{uuid4().hex}"))) as load:
        wait_until(lambda: len(load.answers) > 10)
        shelf.postgres.restart()
        after = len(load.answers)
        wait_until(lambda: len(load.answers) > after + 10)
    lost = [answer for answer in load.answers if isinstance(answer, Exception)]
    # A query that runs in the very moment is cut off; nothing that begins later fails.
    assert len(lost) <= load.readers, lost
    assert {type(answer) for answer in lost} <= {DatabaseUnavailable}
    assert {answer for answer in load.answers if not isinstance(answer, Exception)} == {(Post("one"), Post("one"))}


def test_without_a_database_what_is_cached_is_served_and_no_error_stored(cache: Cache, shelf: Shelf, key: str) -> None:
    aside = cache.aside()
    read(aside, shelf, f"{key}:fresh")
    read(aside, shelf, f"{key}:stale", freshness=BRIEFLY)
    time.sleep(BRIEFLY.fresh_seconds)
    shelf.postgres.stop()
    try:
        for name in ("fresh", "stale") * 5:
            assert aside.read(f"{key}:{name}", Post, shelf.load_at_once, freshness=BRIEFLY) == Post("one")
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                aside.read(f"{key}:cold", Post, shelf.load_at_once, freshness=BRIEFLY)
    finally:
        shelf.postgres.resume()
    shelf.write("two")
    assert read(aside, shelf, f"{key}:cold") == Post("two")
    wait_until(lambda: read(aside, shelf, f"{key}:stale") == Post("two"))
    assert read(aside, shelf, f"{key}:fresh") == Post("one")


@pytest.mark.parametrize("poison", [b"", b"rubbish", b"\xff", b'{"fresh_until": 9e12, "value": {"no": "title"}}'])
def test_a_poisoned_value_is_replaced(poison: bytes, cache: Cache, shelf: Shelf, key: str) -> None:
    cache.store.add(f"cache:{key}", poison, seconds=60)
    before, aside = shelf.queries(), cache.aside()
    assert [read(aside, shelf, key) for _ in range(3)] == [Post("one")] * 3
    assert shelf.queries() == before + 1


@pytest.mark.parametrize("cache_server", [pytest.param(Valkey, id="redis")], indirect=True)
@pytest.mark.parametrize("command", ["RPUSH {} one two", "SADD {} one", "HSET {} one two"])
def test_a_value_of_another_redis_type_is_replaced(
    command: str, cache_server: Valkey, cache: Cache, shelf: Shelf, key: str
) -> None:
    with cache_server.admin() as admin:
        admin.execute_command(*command.format(f"cache:{key}").split())
    before, aside = shelf.queries(), cache.aside()
    assert [read(aside, shelf, key) for _ in range(3)] == [Post("one")] * 3
    assert shelf.queries() == before + 1


@pytest.mark.parametrize("asked_meanwhile", [False, True])
@pytest.mark.parametrize("cached_before", [False, True])
def test_a_write_during_a_query_never_leaves_the_old_value(
    cached_before: bool, asked_meanwhile: bool, cache: Cache, shelf: Shelf, key: str
) -> None:
    aside, asked, written = cache.aside(), Event(), Event()
    if cached_before:
        read(aside, shelf, key, freshness=EXPIRED)

    def load_slowly() -> Post | None:
        post = shelf.load()
        asked.set()
        assert written.wait(PATIENCE_S)
        return post

    slow_answers: list[Post | None] = []
    slow = Thread(target=lambda: slow_answers.append(aside.read(key, Post, load_slowly, freshness=FRESHNESS)))
    slow.start()
    assert asked.wait(PATIENCE_S)
    shelf.write("two")
    aside.forget(key)
    if asked_meanwhile:
        assert read(aside, shelf, key) == Post("two")
    written.set()
    slow.join()
    assert slow_answers == [Post("one")]
    assert read(aside, shelf, key) == Post("two")
