"""The Data stack: what the blog remembers."""

from typing import cast

from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.cache import MemcachedCache, RedisCache
from stacks.config import StageConfig
from stacks.database import Database
from stacks.migration import Migration
from stacks.network import NetworkStack
from stacks.redis_users import RedisUsers
from stacks.stage_stack import StageStack

CACHE, SESSIONS = "cache of the blog", "sessions of the blog"


class DataStack(StageStack):
    """Cache, sessions and database, with the schema in it.

    `sessions` is the cache where they have no Redis of their own; `redis` is where people look with the console, the
    cache unless that is a Memcached.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        network: NetworkStack,
        alarm_topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id, config=config, description="cache, sessions, database")
        users = RedisUsers(self, "Users", stage=config.name, engine=(config.sessions or config.cache).engine)
        self.cache = (
            RedisCache(self, "Cache", config=config.cache, network=network, users=users, description=CACHE)
            if config.cache.is_redis
            else MemcachedCache(self, "Memcached", config=config.cache, network=network, description=CACHE)
        )
        self.sessions = (
            RedisCache(self, "Sessions", config=config.sessions, network=network, users=users, description=SESSIONS)
            if config.sessions
            else cast("RedisCache", self.cache)  # Memcached with no sessions beside it is no valid setting
        )
        self.redis = self.cache if isinstance(self.cache, RedisCache) else self.sessions
        self.database = Database(self, "Database", config=config, network=network)
        self.migration = Migration(self, "Migration", config=config, network=network, database=self.database)

        watched = [self.cache, *([self.sessions] if config.sessions else []), self.database]
        self.tell(alarm_topic, (alarm for construct in watched for alarm in construct.alarms(config.alarms)))
        self.output(
            CacheHost=self.cache.host,
            CachePort=self.cache.port,
            SessionsHost=self.sessions.host,
            SessionsPort=self.sessions.port,
            DatabaseHost=self.database.cluster.attr_endpoint_address,
            DatabasePort=self.database.cluster.attr_endpoint_port,
            SchemaFunction=self.migration.function.function.function_name,
        )
