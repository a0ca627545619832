"""The blog in a process of its own, as Lambda runs it: `python -m tests.bench.web_child pages|hit|outage`."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from typing import Any, TypeVar

import msgspec

from local.servers.authority import CA_FILE
from local.servers.postgres import Postgres
from local.servers.valkey import Valkey
from tests.blog_world import ENVIRONMENT

REQUESTS = 1500
ROUNDS = 40
IN_A_ROUND = 50
POST = "thundering-herd"


T = TypeVar("T")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast requests were answered."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a hit took, and a bare GET of the same bytes by the same client; medians."""

    get_us: float
    hit_us: float

    @property
    def times(self) -> float:
        return self.hit_us / self.get_us


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered while Redis was down."""

    requests: int
    failed: int
    signed_in: int
    """The status of a page for authors."""
    retry_after: str


def run(what: str, kind: type[T], valkey: Valkey, postgres: Postgres) -> T:
    """Measure something in a process of its own and return its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.web_child", what],
        env=environment(valkey, postgres),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=kind)


def environment(valkey: Valkey, postgres: Postgres) -> dict[str, str]:
    """What the stack and Lambda would tell the blog."""
    redis = {"HOST": "127.0.0.1", "PORT": str(valkey.port), "NAME": "cache", "USER": "blog"}
    return {
        **os.environ,
        **ENVIRONMENT,
        **{f"{prefix}_{name}": value for prefix in ("CACHE", "SESSIONS") for name, value in redis.items()},
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_PORT": str(postgres.port),
        "DATABASE_PATIENCE_SECONDS": "10",
        "CA_FILE": str(CA_FILE),
        "PLAIN_PORT": str(valkey.plain_port),
        "PLAIN_PASSWORD": valkey.password,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "ap-northeast-1",
        "AWS_DEFAULT_REGION": "ap-northeast-1",
    }


def make_schema() -> None:
    """Bring the database to where a deploy brings it, with the sample posts."""
    from blog_schema.samples import add_samples  # noqa: PLC0415 (children only)
    from blog_schema.schema import grant, migrate  # noqa: PLC0415
    from data_access.postgres_server import PostgresServer, connect  # noqa: PLC0415

    master = PostgresServer.from_environment({**os.environ, "DATABASE_USER": "edgepost"})
    with connect(master, patience_seconds=10) as connection:
        migrate(connection)
        grant(connection, role="blog")
        add_samples(connection)


def event(path: str, **headers: str) -> dict[str, Any]:
    """A GET as the load balancer hands it on."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:ap-northeast-1:1:targetgroup/b/1"}},
        "httpMethod": "GET",
        "path": path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {name: [value] for name, value in {"host": "blog.test", **headers}.items()},
        "body": "",
        "isBase64Encoded": False,
    }


def pages() -> dict[str, Pace]:
    """The post page on a hit, and on a miss."""
    make_schema()
    from blog import handler  # noqa: PLC0415

    def ask() -> None:
        assert handler.handle(event(f"/posts/{POST}"), None)["statusCode"] == 200

    return {
        "on a hit": _timed(ask, REQUESTS),
        "on a miss": _timed(ask, REQUESTS // 5, before=lambda: handler.parts.posts.cache.forget(f"post:{POST}")),
    }


def hit() -> dict[str, Cost]:
    """A hit of the cache beside a bare GET of the same bytes by the same client, in turns."""
    import redis  # noqa: PLC0415

    from blog import handler  # noqa: PLC0415
    from blog.cache_aside import CacheAside, Freshness  # noqa: PLC0415
    from blog.posts import Post  # noqa: PLC0415
    from blog.stores import RedisStore  # noqa: PLC0415
    from data_access.redis_server import RedisServer, connect  # noqa: PLC0415

    plain = redis.Redis(
        port=int(os.environ["PLAIN_PORT"]), username="emulator", password=os.environ["PLAIN_PASSWORD"], protocol=2
    )
    clients = {"through TLS": connect(RedisServer.from_environment("CACHE", os.environ)), "on the plain port": plain}
    freshness = Freshness(fresh_seconds=3600, stale_seconds=3600, missing_seconds=1)

    def measured(client: redis.Redis) -> Cost:
        cache = CacheAside(RedisStore(client))
        cache.forget(f"post:{POST}")

        def read() -> None:
            cache.read(f"post:{POST}", Post, lambda: handler.parts.posts.latest(POST), freshness=freshness)

        read()
        rounds = [(_once(lambda: client.get(f"cache:post:{POST}")), _once(read)) for _ in range(ROUNDS)]
        return Cost(get_us=median(get for get, _ in rounds), hit_us=median(hit for _, hit in rounds))

    return {name: measured(client) for name, client in clients.items()}


def outage() -> Outage:
    """What readers and an author are answered while Redis is down."""
    from blog import handler  # noqa: PLC0415

    paths = ["/", f"/posts/{POST}", "/contact", "/sign-in"] * 25
    statuses = [handler.handle(event(path), None)["statusCode"] for path in paths]
    signed_in: Mapping[str, Any] = handler.handle(event("/write", cookie="__Host-session=somebody"), None)
    return Outage(
        requests=len(statuses),
        failed=sum(status != 200 for status in statuses),
        signed_in=signed_in["statusCode"],
        retry_after=signed_in["multiValueHeaders"].get("Retry-After", ["no"])[0],
    )


def _timed(ask: Callable[[], None], times: int, *, before: Callable[[], object] = lambda: None) -> Pace:
    for _ in range(20):
        ask()
    took: list[float] = []
    for _ in range(times):
        before()
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return Pace(
        per_second=len(took) / sum(took),
        p50_ms=median(took) * 1000,
        p99_ms=quantiles(took, n=100)[98] * 1000,
    )


def _once(do: Callable[[], object]) -> float:
    """Microseconds that it takes, over a round."""
    began = time.perf_counter()
    for _ in range(IN_A_ROUND):
        do()
    return (time.perf_counter() - began) / IN_A_ROUND * 1e6


if __name__ == "__main__":
    logging.basicConfig(filename=os.devnull)  # written, as Lambda would
    measured = {"pages": pages, "hit": hit, "outage": outage}[sys.argv[1]]()
    sys.stdout.buffer.write(msgspec.json.encode(measured))
