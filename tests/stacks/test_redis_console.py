from data_access.redis_server import RedisServer
from tests.stacks.synthesis import Template
from tests.stacks.test_blog import as_deployed
from tests.stacks.variants import synthesize_variant


def test_the_consoles_environment_is_complete(web: Template, stage: str) -> None:
    console = web.all("Lambda::Function")[web.named("ConsoleFunction", "Lambda::Function")]
    environment = {name: as_deployed(value) for name, value in console["Environment"]["Variables"].items()}
    server = RedisServer.from_environment("REDIS", environment)
    assert server.user == f"edgepost-{stage}-console"
    assert {*environment} == {
        *("REDIS_HOST", "REDIS_PORT", "REDIS_NAME", "REDIS_USER", "CA_FILE"),
        *("CACHE_TIMEOUT_MS", "CACHE_CONNECT_TIMEOUT_MS"),
    }


def test_the_console_may_enter_redis_as_its_own_user_and_nothing_else(web: Template, stage: str) -> None:
    (statement,) = (
        statement
        for statement in web.statements(web.named("ConsoleFunction", "IAM::Role"), "Allow")
        if not str(statement["Action"]).startswith(("['ec2:", "['logs:"))
    )
    assert statement["Action"] == "elasticache:Connect"
    assert f"edgepost-{stage}-console" in str(statement["Resource"])


def test_nobody_but_people_may_invoke_the_console(web: Template) -> None:
    function = web.named("ConsoleFunction", "Lambda::Function")
    assert not [permission for permission in web.all("Lambda::Permission").values() if function in str(permission)]


def test_beside_a_memcached_the_console_serves_the_sessions_redis_and_the_blog_knows_both() -> None:
    synthesized = synthesize_variant("memcached")
    web, data = synthesized.template("Web"), synthesized.template("Data")
    console, blog = (
        web.all("Lambda::Function")[web.named(name, "Lambda::Function")]["Environment"]["Variables"]
        for name in ("ConsoleFunction", "BlogApplication")
    )
    sessions = {f"Data/{data.named('SessionsReplicationGroup', 'ElastiCache::ReplicationGroup')}"}
    assert synthesized.origins("Web", console["REDIS_HOST"]) == sessions
    assert synthesized.origins("Web", blog["SESSIONS_HOST"]) == sessions
    assert synthesized.origins("Web", blog["CACHE_HOST"]) == {
        f"Data/{data.named('Memcached', 'ElastiCache::CacheCluster')}"
    }
    assert (blog["CACHE_ENGINE"], blog["CACHE_USER"], blog["CACHE_NAME"]) == ("memcached", "", "")
