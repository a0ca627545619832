"""The blog's parts, made once for the life of a function instance; nothing connects until it is used."""

# pymemcache has no types.
# pyright: reportMissingTypeStubs=false

import functools
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import redis
from pymemcache import PooledClient

from blog.authors import Authors
from blog.cache_aside import CacheAside, Freshness, Store
from blog.database import Database
from blog.links import Links
from blog.mailer import Mailer, sqs_client
from blog.posts import Posts
from blog.sessions import Sessions
from blog.settings import Settings
from blog.stores import MemcachedStore, RedisStore
from blog.tries import Tries
from data_access import postgres_server, redis_server
from data_access.postgres_server import PostgresServer
from data_access.redis_server import RedisServer


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the application works with."""

    settings: Settings
    posts: Posts
    authors: Authors
    sessions: Sessions
    links: Links
    tries: Tries
    mailer: Mailer

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Parts":
        """Make the parts that the stack describes."""
        settings = Settings.from_environment(environment)
        server = PostgresServer.from_environment(environment)
        patience = settings.database_patience_seconds
        database = Database(functools.partial(postgres_server.connect, server, patience_seconds=patience))
        sessions_redis = _redis("SESSIONS", environment)
        return cls(
            settings=settings,
            posts=Posts(
                database=database,
                cache=CacheAside(_store(settings, environment)),
                freshness=Freshness(
                    fresh_seconds=settings.fresh_seconds,
                    stale_seconds=settings.stale_seconds,
                    missing_seconds=settings.missing_seconds,
                ),
            ),
            authors=Authors(database),
            sessions=Sessions(
                sessions_redis,
                idle_seconds=settings.session_idle_minutes * 60,
                longest_seconds=settings.session_hours * 3600,
            ),
            links=Links(sessions_redis, minutes=settings.link_minutes),
            tries=Tries(sessions_redis),
            mailer=Mailer(
                make_client=sqs_client,
                queue_url=settings.mail_queue_url,
                domain=settings.mail_domain,
                contact=settings.contact_email,
                site_title=settings.site_title,
            ),
        )


def _store(settings: Settings, environment: Mapping[str, str]) -> Store:
    if settings.cache_engine == "redis":
        return RedisStore(_redis("CACHE", environment))
    client = PooledClient(
        (settings.cache_host, settings.cache_port),
        timeout=settings.cache_timeout_ms / 1000,
        connect_timeout=settings.cache_connect_timeout_ms / 1000,
        tls_context=ssl.create_default_context(cafile=settings.ca_file or None),
    )
    return MemcachedStore(client)


def _redis(prefix: str, environment: Mapping[str, str]) -> redis.Redis:
    return _client(RedisServer.from_environment(prefix, environment))


# One server has one client: where sessions share the cache's, connection, sign-in and certificates are read once.
_client = functools.cache(redis_server.connect)
