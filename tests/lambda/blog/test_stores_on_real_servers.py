"""What a cache has to offer, asked of a real Redis and a real Memcached, both behind TLS."""

from contextlib import suppress
from uuid import uuid4

import pytest

from blog.cache_aside import Store, StoreError
from blog.images import LARGEST, Image
from tests.blog_servers import FRESHNESS, Cache, at_once
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("signing_keys")
LISTS = [f"posts:{page}" for page in range(1, 300)]


@pytest.mark.parametrize("name", ["plain", "with space", "東京の朝", "x" * 300, "朝" * 100, "a\r\nb", "a\x00b"])
def test_a_store_takes_any_key(name: str, cache: Cache) -> None:
    key = f"cache:{uuid4().hex}:{name}"
    assert cache.store.get(key) is None
    assert cache.store.add(key, b"one", seconds=60)
    assert cache.store.get(key) == b"one"
    assert cache.store.swap(key, b"one", b"two", seconds=60)
    assert cache.store.get(key) == b"two"
    cache.store.delete(key)
    assert cache.store.get(key) is None


@pytest.mark.parametrize("ends", [("a", "b"), (" ", "_"), ("朝", "夜")])
def test_long_keys_that_differ_at_their_end_are_not_mixed_up(ends: tuple[str, str], cache: Cache) -> None:
    one, two = (f"cache:{'x' * 300}{uuid4().hex}{end}" for end in ends)
    assert cache.store.add(one, b"one", seconds=60)
    assert cache.store.get(two) is None


def test_a_store_adds_only_where_nothing_is(cache: Cache, key: str) -> None:
    assert cache.store.add(f"cache:{key}", b"one", seconds=60)
    assert not cache.store.add(f"cache:{key}", b"two", seconds=60)
    assert cache.store.get(f"cache:{key}") == b"one"


def test_of_many_that_add_at_once_one_succeeds(cache: Cache, key: str) -> None:
    assert at_once(20, lambda: cache.store.add(f"cache:{key}", b"one", seconds=60)).count(True) == 1


def test_a_store_swaps_only_the_very_value(cache: Cache, key: str) -> None:
    name = f"cache:{key}"
    assert not cache.store.swap(name, b"one", b"two", seconds=60)
    assert cache.store.get(name) is None
    cache.store.add(name, b"one", seconds=60)
    assert not cache.store.swap(name, b"other", b"two", seconds=60)
    assert cache.store.get(name) == b"one"
    assert cache.store.swap(name, b"one", b"two", seconds=60)
    assert cache.store.get(name) == b"two"


def test_of_many_that_swap_at_once_one_succeeds(cache: Cache, key: str) -> None:
    cache.store.add(f"cache:{key}", b"one", seconds=60)
    assert at_once(20, lambda: cache.store.swap(f"cache:{key}", b"one", b"two", seconds=60)).count(True) == 1


def test_what_is_added_or_swapped_expires_by_itself(cache: Cache, key: str) -> None:
    for name in ("added", "swapped", "kept"):
        cache.store.add(f"cache:{key}:{name}", b"one", seconds=1 if name == "added" else 60)
    cache.store.swap(f"cache:{key}:swapped", b"one", b"two", seconds=1)
    wait_until(lambda: cache.store.get(f"cache:{key}:added") is None)
    wait_until(lambda: cache.store.get(f"cache:{key}:swapped") is None)
    assert cache.store.get(f"cache:{key}:kept") == b"one"


def test_the_largest_picture_is_cached(cache: Cache, key: str) -> None:
    picture = Image(content_type="image/png", content=bytes(range(256)) * (LARGEST // 256) + b"x" * (LARGEST % 256))
    loaded: list[Image] = []

    def load() -> Image:
        loaded.append(picture)
        return picture

    aside = cache.aside()
    assert [aside.read(key, Image, load, freshness=FRESHNESS) for _ in range(3)] == [picture] * 3
    assert len(loaded) == 1


def test_many_keys_are_forgotten_at_once_also_those_that_are_not_there(cache: Cache) -> None:
    for name in LISTS[::2]:
        cache.store.add(f"cache:{name}", b"one", seconds=60)
    cache.aside().forget(*LISTS)
    assert [name for name in LISTS if cache.store.get(f"cache:{name}")] == []


def test_an_answer_that_comes_too_late_is_not_taken_for_that_to_another_question(cache: Cache, key: str) -> None:
    one, two = f"cache:{key}:one", f"cache:{key}:two"
    cache.store.add(one, b"one", seconds=60)
    cache.store.add(two, b"two", seconds=60)
    hasty = cache.hasty()
    wait_until(lambda: answer(hasty.store, one))
    cache.server.pause()
    try:
        # A server with several threads may answer until the last of them has stopped.
        wait_until(lambda: comes_too_late(hasty.store, one))
    finally:
        cache.server.unpause()
    assert wait_until(lambda: answer(hasty.store, two)) == b"two"
    hasty.store.client.close()


def answer(store: Store, key: str) -> bytes | None:
    """What is stored; None also while the server is busier than the store has patience for."""
    with suppress(StoreError):
        return store.get(key)
    return None


def comes_too_late(store: Store, key: str) -> bool:
    """Whether there is no answer in time."""
    try:
        store.get(key)
    except StoreError:
        return True
    return False
