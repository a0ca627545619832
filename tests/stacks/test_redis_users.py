from collections.abc import Iterator

import pytest

from local.servers.valkey import Valkey
from stacks.redis_users import ACCESS
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.variants import synthesize_variant


def test_users_sign_in_by_iam_under_their_id(data: Template, stage: str) -> None:
    users = data.all("ElastiCache::User")
    assert {user["UserId"] for user in users.values()} == {f"edgepost-{stage}-blog", f"edgepost-{stage}-console"}
    for user in users.values():
        assert user["UserName"] == user["UserId"]
        assert user["AuthenticationMode"] == {"Type": "iam"}
        assert "Passwords" not in user
        assert "NoPasswordRequired" not in user


def test_all_users_are_in_the_group_of_their_engine(data: Template, stage: str) -> None:
    group = data.one("ElastiCache::UserGroup")
    assert group["UserGroupId"] == f"edgepost-{stage}"
    assert refers_to(group["UserIds"]) == {*data.all("ElastiCache::User")}
    assert group["Engine"] == "valkey"
    assert {user["Engine"] for user in data.all("ElastiCache::User").values()} == {"valkey"}


def test_each_replication_group_has_the_users(data: Template) -> None:
    for replication_group in data.all("ElastiCache::ReplicationGroup").values():
        assert refers_to(replication_group["UserGroupIds"]) == {*data.all("ElastiCache::UserGroup")}


def test_redis_oss_has_a_default_user_who_may_do_nothing() -> None:
    data = synthesize_variant("redis").template("Data")
    default = data.one("ElastiCache::User", UserName="default")
    assert default["AccessString"] == "off -@all"
    assert default["AuthenticationMode"] == {"Type": "no-password-required"}
    assert default["UserId"] == "edgepost-dev-nobody"
    assert refers_to(data.one("ElastiCache::UserGroup")["UserIds"]) == {*data.all("ElastiCache::User")}
    assert {user["Engine"] for user in data.all("ElastiCache::User").values()} == {"redis"}


def test_users_have_the_engine_of_the_sessions_beside_a_memcached() -> None:
    data = synthesize_variant("memcached").template("Data")
    assert {user["Engine"] for user in data.all("ElastiCache::User").values()} == {"valkey"}


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A real Valkey with our users."""
    server = Valkey.start(tmp_path_factory.mktemp("valkey"))
    for user, access in ACCESS.items():
        server.set_user(user, access)
    yield server
    server.stop()


def may(valkey: Valkey, user: str, command: str) -> bool:
    with valkey.admin() as admin:
        return admin.execute_command("ACL", "DRYRUN", user, *command.split()) == b"OK"


@pytest.mark.parametrize(
    "command",
    [
        "get cache:post:hello",
        "set cache:post:hello value px 1000 nx",
        "eval script 1 cache:post:hello old new",
        "del cache:post:hello cache:posts:1",
        "getex session:abc ex 1800",
        "getdel link:abc",
        "incr tries:abc",
        "expire tries:abc 60",
        "ping",
    ],
)
def test_the_blog_may_do_what_it_does(valkey: Valkey, command: str) -> None:
    assert may(valkey, "blog", command)


@pytest.mark.parametrize(
    "command",
    [
        "get other:key",
        "set key value",
        "del cache:a other:b",
        "keys *",
        "scan 0",
        "hget cache:a field",
        "flushall",
        "config get *",
        "info",
        "client list",
        "acl whoami",
        "eval script 1 other:key",
        "evalsha 0123 1 cache:a",
        "publish channel message",
    ],
)
def test_the_blog_may_do_nothing_else(valkey: Valkey, command: str) -> None:
    assert not may(valkey, "blog", command)


@pytest.mark.parametrize(
    "command",
    [
        "set key value",
        "get key",
        "keys *",
        "scan 0",
        "ttl key",
        "type key",
        "dbsize",
        "del key",
        "hgetall key",
        "memory usage key",
        "object encoding key",
        "info memory",
        "ping",
    ],
)
def test_a_person_may_look_at_everything_and_change_it(valkey: Valkey, command: str) -> None:
    assert may(valkey, "console", command)


@pytest.mark.parametrize(
    "command",
    [
        "flushall",
        "flushdb",
        "shutdown",
        "config set maxmemory 1",
        "debug sleep 1",
        "monitor",
        "client kill id 1",
        "acl list",
        "replicaof no one",
        "save",
        "swapdb 0 1",
        "migrate host 6379 key 0 1000",
        "blpop key 0",
        "subscribe channel",
        "eval script 0",
        "function list",
        "module list",
    ],
)
def test_a_person_may_not_endanger_the_server_or_wait(valkey: Valkey, command: str) -> None:
    assert not may(valkey, "console", command)
