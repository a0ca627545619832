"""Fixtures of the blog's tests."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from blog import sign_in
from local.servers.memcached import Memcached
from local.servers.valkey import Valkey
from tests.blog_servers import ACCESS, Cache
from tests.blog_world import BlogWorld, Browser

MEMCACHED = pytest.param(Memcached, id="memcached", marks=pytest.mark.needs("memcached"))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> BlogWorld:
    """A blog; its answers at the sign-in are not evened out, so that tests need not wait."""
    monkeypatch.setattr(sign_in, "EVEN_SECONDS", 0)
    return BlogWorld()


@pytest.fixture
def browser(world: BlogWorld) -> Browser:
    """A visitor."""
    return world.browser()


@pytest.fixture(scope="module", params=[pytest.param(Valkey, id="redis"), MEMCACHED])
def cache_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Valkey | Memcached]:
    """A cache of each kind that no other tests use, since it is killed and paused."""
    server: Valkey | Memcached = request.param.start(tmp_path_factory.mktemp("cache"))
    if isinstance(server, Valkey):
        server.set_user("blog", ACCESS)
    yield server
    server.close()


@pytest.fixture
def cache(cache_server: Valkey | Memcached) -> Iterator[Cache]:
    """A cache with connections of the test's own."""
    made = Cache.of(cache_server)
    yield made
    made.store.client.close()


@pytest.fixture
def key() -> str:
    """The key of a post that no other test has."""
    return f"post:{uuid4().hex}"
