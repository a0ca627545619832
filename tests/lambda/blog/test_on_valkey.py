"""Sessions, links and counters in a real Valkey, with no more rights than the blog's user has."""

import hashlib
import time

import pytest
import redis

from blog.authors import Author
from blog.links import Links
from blog.outages import SessionsUnavailableError
from blog.sessions import Sessions
from blog.tries import Limit, Tries
from data_access.redis_server import RedisServer, connect
from local.servers.authority import CA_FILE
from local.servers.valkey import Valkey
from tests.blog_world import token_of

pytestmark = pytest.mark.usefixtures("role")
AUTHOR = Author(id=7, email="taro@example.com")
ACCESS = "on ~session:* ~link:* ~tries:* -@all +get +set +getdel +getex +del +expire +incr +eval"


@pytest.fixture
def client(valkey: Valkey) -> redis.Redis:
    valkey.set_user("blog-sessions", ACCESS)
    server = RedisServer(
        host="localhost",
        port=valkey.port,
        name="sessions",
        user="blog-sessions",
        ca_file=str(CA_FILE),
        timeout_ms=500,
        connect_timeout_ms=5000,
    )
    return connect(server)


@pytest.fixture
def sessions(client: redis.Redis) -> Sessions:
    return Sessions(client, idle_seconds=2, longest_seconds=3600)


def test_a_session_is_found_until_it_is_ended(sessions: Sessions) -> None:
    session_id = sessions.start(AUTHOR, instead_of="")
    session = sessions.find(session_id)
    assert session
    assert session.author == AUTHOR
    sessions.end(session_id)
    assert sessions.find(session_id) is None


def test_a_session_that_cannot_be_read_is_none(sessions: Sessions, valkey: Valkey) -> None:
    key = "session:" + hashlib.sha256(b"spoilt").hexdigest()
    with valkey.admin() as admin:
        for rubbish in ("rubbish", "7", "{}", b"\xff"):
            admin.set(key, rubbish, ex=60)
            assert sessions.find("spoilt") is None


def test_a_session_that_is_used_expires_later(sessions: Sessions, valkey: Valkey) -> None:
    session_id = sessions.start(AUTHOR, instead_of="")
    key = "session:" + hashlib.sha256(session_id.encode()).hexdigest()
    with valkey.admin() as admin:
        time.sleep(1)
        assert 0 < int(str(admin.pttl(key))) <= 1000
        assert sessions.find(session_id)
        assert int(str(admin.pttl(key))) > 1500


def test_a_link_is_taken_once(client: redis.Redis) -> None:
    links = Links(client, minutes=1)
    token = token_of(links.make(AUTHOR, site_url="https://blog.example.com/"))
    assert links.take(token) == AUTHOR
    assert links.take(token) is None


def test_tries_are_counted_for_each_visitor_and_forgotten(client: redis.Redis, valkey: Valkey) -> None:
    limit = Limit(name="test", tries=2, seconds=3600)
    tries = Tries(client)
    assert [tries.allow(limit, "a") for _ in range(3)] == [True, True, False]
    assert tries.allow(limit, "b")
    with valkey.admin() as admin:
        assert all(0 < int(str(admin.ttl(key))) <= 3600 for key in admin.scan_iter("tries:test:*"))


def test_a_valkey_that_is_slow_is_an_outage_and_then_over(sessions: Sessions, valkey: Valkey) -> None:
    session_id = sessions.start(AUTHOR, instead_of="")
    valkey.pause()
    with pytest.raises(SessionsUnavailableError):
        sessions.find(session_id)
    valkey.unpause()
    assert sessions.find(sessions.start(AUTHOR, instead_of=session_id))
