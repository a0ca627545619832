"""What the blog is told, and that it starts whatever is away."""

import msgspec
import pytest

from blog.parts import Parts
from blog.settings import Settings
from blog.stores import MemcachedStore, RedisStore
from tests.blog_world import ENVIRONMENT


def test_the_environment_becomes_typed_settings() -> None:
    settings = Settings.from_environment(ENVIRONMENT)
    assert (settings.cache_port, settings.fresh_seconds, settings.site_title) == (6379, 60.0, "Edgepost")


@pytest.mark.parametrize("name", ["MAIL_DOMAIN", "CACHE_ENGINE", "SESSION_HOURS"])
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(msgspec.ValidationError, match=name):
        Settings.from_environment(environment)


@pytest.mark.parametrize(("name", "value"), [("CACHE_ENGINE", "couch"), ("SESSION_HOURS", "many")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=name):
        Settings.from_environment(ENVIRONMENT | {name: value})


@pytest.mark.parametrize(("engine", "store"), [("redis", RedisStore), ("memcached", MemcachedStore)])
def test_the_parts_are_made_without_a_connection(engine: str, store: type) -> None:
    parts = Parts.from_environment(ENVIRONMENT | {"CACHE_ENGINE": engine})
    assert isinstance(parts.posts.cache.store, store)


def test_sessions_that_share_the_redis_of_the_cache_share_its_connections() -> None:
    shared = {f"SESSIONS_{name}": ENVIRONMENT[f"CACHE_{name}"] for name in ("HOST", "PORT", "NAME", "USER")}
    assert _clients(ENVIRONMENT | shared) == 1
    assert _clients(ENVIRONMENT) == 2


def _clients(environment: dict[str, str]) -> int:
    """How many clients cache and sessions have between them."""
    parts = Parts.from_environment(environment)
    store = parts.posts.cache.store
    assert isinstance(store, RedisStore)
    return len({id(store.client), id(parts.sessions._client)})  # pyright: ignore[reportPrivateUsage]
