import logging

import msgspec
import pytest

from blog.cache_aside import (
    AWAY_SECONDS,
    LEASE_SECONDS,
    POLL_SECONDS,
    RETRY_SECONDS,
    WAIT_SECONDS,
    CacheAside,
    Entry,
)
from tests.cache_world import FRESHNESS, DatabaseError, Post, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def cache(world: World) -> CacheAside:
    return CacheAside(world, now=world.now, sleep=world.sleep)


def read(cache: CacheAside, world: World) -> Post | None:
    return cache.read("post:a", Post, world.load, freshness=FRESHNESS)


def test_the_second_read_asks_no_database(cache: CacheAside, world: World) -> None:
    assert [read(cache, world), read(cache, world)] == [Post("one")] * 2
    assert world.queries == 1


def test_a_value_is_asked_for_anew_once_it_is_no_longer_fresh(cache: CacheAside, world: World) -> None:
    read(cache, world)
    world.post = Post("two")
    world.time += 60
    assert read(cache, world) == Post("two")


def test_entries_made_together_do_not_expire_together(cache: CacheAside, world: World) -> None:
    for number in range(50):
        cache.read(f"post:{number}", Post, world.load, freshness=FRESHNESS)
    fresh_until = [msgspec.json.decode(value)["fresh_until"] - world.time for value, _ in world.stored.values()]
    assert 54 <= min(fresh_until) < max(fresh_until) <= 60
    assert max(fresh_until) - min(fresh_until) > 1


def test_what_does_not_exist_is_remembered_for_a_short_while(cache: CacheAside, world: World) -> None:
    world.post = None
    assert [read(cache, world), read(cache, world)] == [None, None]
    assert world.queries == 1
    world.post = Post("born")
    world.time += 10
    assert read(cache, world) == Post("born")


def test_while_one_request_refreshes_the_others_are_served_the_stale_value(cache: CacheAside, world: World) -> None:
    read(cache, world)
    world.time += 61
    world.post = Post("two")
    others: list[Post | None] = []
    world.while_loading = lambda: others.append(read(cache, world))
    assert read(cache, world) == Post("two")
    assert others == [Post("one")]
    assert world.queries == 2


def test_a_stale_value_is_served_for_no_longer_than_allowed(cache: CacheAside, world: World) -> None:
    read(cache, world)
    world.post = Post("broken")
    answers: list[Post | None] = []
    with pytest.raises(DatabaseError):  # noqa: PT012 (the last of many reads)
        for _ in range(700):
            world.time += RETRY_SECONDS
            answers.append(read(cache, world))
    assert len(answers) == pytest.approx(660, abs=7)


def test_without_a_stale_value_the_others_wait_for_the_one_query(cache: CacheAside, world: World) -> None:
    """The first request is interrupted by a second one, which waits; the first one's answer comes while it does."""
    waiting = CacheAside(world, now=world.now, sleep=world.sleep)
    answers: list[Post | None] = []

    def another_asks() -> None:
        mark = world.stored["cache:post:a"][0]

        def first_answers() -> None:
            world.swap("cache:post:a", mark, answer, seconds=60)

        world.while_sleeping = first_answers
        answers.append(read(waiting, world))

    answer = msgspec.json.encode(Entry(fresh_until=world.time + 60, value=Post("one")))
    world.while_loading = another_asks
    assert read(cache, world) == Post("one")
    assert answers == [Post("one")]
    assert world.queries == 1


def test_a_cache_that_shows_nothing_and_takes_nothing_is_not_asked_for_ever(
    cache: CacheAside, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "add", lambda *_, **__: False)
    assert read(cache, world) == Post("one")


def test_who_waits_too_long_asks_the_database_itself(cache: CacheAside, world: World) -> None:
    world.add(
        "cache:post:a", msgspec.json.encode(Entry(leased_until=world.time + LEASE_SECONDS, lease="x")), seconds=99
    )
    began = world.time
    assert read(cache, world) == Post("one")
    assert WAIT_SECONDS <= world.time - began < WAIT_SECONDS + max(POLL_SECONDS)


def test_the_lease_of_a_request_that_died_is_taken_over(cache: CacheAside, world: World) -> None:
    world.add("cache:post:a", msgspec.json.encode(Entry(leased_until=world.time + 1, lease="dead")), seconds=99)
    assert read(cache, world) == Post("one")
    assert world.queries == 1
    assert read(cache, world) == Post("one")
    assert world.queries == 1


def test_an_answer_that_was_overtaken_by_a_write_is_not_stored(cache: CacheAside, world: World) -> None:
    world.while_loading = lambda: cache.forget("post:a")
    assert read(cache, world) == Post("one")
    world.while_loading = lambda: None
    world.post = Post("two")
    assert read(cache, world) == Post("two")


def test_a_late_answer_does_not_replace_a_newer_one(cache: CacheAside, world: World) -> None:
    def overtaken() -> None:
        world.while_loading = lambda: None
        cache.forget("post:a")
        world.post = Post("new")
        assert read(cache, world) == Post("new")
        world.post = Post("old")

    world.while_loading = overtaken
    assert read(cache, world) == Post("old")
    assert read(cache, world) == Post("new")


def test_a_failure_of_the_database_is_raised_and_never_stored(cache: CacheAside, world: World) -> None:
    world.post = Post("broken")
    with pytest.raises(DatabaseError):
        read(cache, world)
    world.post = Post("one")
    assert read(cache, world) == Post("one")
    assert world.queries == 2


def test_a_failing_database_is_not_asked_by_every_request_while_there_is_a_stale_value(
    cache: CacheAside, world: World
) -> None:
    read(cache, world)
    world.time += 61
    world.post = Post("broken")
    assert [read(cache, world) for _ in range(100)] == [Post("one")] * 100
    assert world.queries == 2
    world.post = Post("mended")
    world.time += RETRY_SECONDS
    assert read(cache, world) == Post("mended")


def test_a_broken_cache_costs_a_query_and_no_answer(
    cache: CacheAside, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.broken = True
    with caplog.at_level(logging.WARNING):
        assert read(cache, world) == Post("one")
    assert [record.event for record in caplog.records] == ["cache_unavailable"]  # type: ignore[attr-defined]


def test_a_broken_cache_is_left_alone_for_a_moment_and_then_used_again(cache: CacheAside, world: World) -> None:
    world.broken = True
    read(cache, world)
    world.broken = False
    read(cache, world)
    assert not world.stored
    world.time += AWAY_SECONDS
    read(cache, world)
    assert read(cache, world) == Post("one")
    assert world.queries == 3


def test_a_cache_that_breaks_during_the_query_does_not_cost_the_answer(cache: CacheAside, world: World) -> None:
    def broken() -> None:
        world.broken = True

    world.while_loading = broken
    assert read(cache, world) == Post("one")
    assert world.queries == 1


def test_forgetting_in_a_broken_cache_fails_nothing(cache: CacheAside, world: World) -> None:
    world.broken = True
    cache.forget("post:a")


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"rubbish",
        b"\xff\xfe",
        b"[]",
        b'{"fresh_until": 2e6, "value": {"titel": "x"}}',
        b'{"fresh_until": 2e6, "value": 7}',
        b'{"fresh_until": "soon", "value": {"title": "x"}}',
        b'{"fresh_until": 2e6}',
    ],
)
def test_a_poisoned_entry_is_replaced_by_what_the_database_says(poison: bytes, cache: CacheAside, world: World) -> None:
    world.add("cache:post:a", poison, seconds=600)
    assert [read(cache, world), read(cache, world)] == [Post("one")] * 2
    assert world.queries == 1


def test_unreadable_entries_are_counted(cache: CacheAside, world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.add("cache:post:a", b"rubbish", seconds=600)
    with caplog.at_level(logging.WARNING):
        read(cache, world)
    assert [record.event for record in caplog.records] == ["cache_poisoned"]  # type: ignore[attr-defined]
