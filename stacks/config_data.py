"""Settings of the data stores: cache, sessions, database."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.elasticache_catalog import NODE_TYPES, VERSIONS
from stacks.settings import Settings, choice, number
from stacks.windows import window_problems

# Aurora PostgreSQL that a new cluster can have, by major version: "Aurora PostgreSQL updates", November 2026. All of it
# can scale to zero, which 15.7, 16.3 and later can ("Scaling to Zero ACUs with automatic pause and resume").
AURORA_MINORS = {
    "15": (10, 12, 13, 14, 15, 17, 18, 19),
    "16": (8, 9, 10, 11, 13, 14, 15),
    "17": (4, 5, 6, 7, 9, 10, 11),
    "18": (3, 4, 6),
}
LEAST_INSIGHTS_CAPACITY = 2
"""Aurora capacity units below which AWS advises against Performance Insights ("Performance and scaling for Aurora
Serverless v2")."""


@dataclass(frozen=True, kw_only=True)
class CacheConfig(Settings):
    """A Redis replication group (Valkey or Redis OSS) or a Memcached node.

    Memcached has one node: several would share the keys out among them, which a client has to know, and ours asks one
    address.
    """

    engine: str = choice("valkey", "redis", "memcached")
    engine_version: str = "8.2"
    node_type: str = "cache.t4g.micro"
    replicas: int = number(0, low=0, high=5)
    """Copies of the primary; one or more bring automatic failover. Redis only."""
    multi_az: bool = False
    """Replicas stand in other zones than the primary. Redis only."""
    snapshot_retention_days: int = number(0, low=0, high=35)
    """0: no snapshots. Redis only."""
    snapshot_window: str = "17:00-18:00"
    """UTC, each day, an hour or more. Redis only."""
    maintenance_window: str = "sun:18:00-sun:19:00"
    """UTC, each week, an hour or more."""
    eviction_policy: str = choice(
        "allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-lfu", "volatile-ttl", "noeviction"
    )
    """What goes when memory is full: of all keys or of those that expire, the least recently used, the least often used
    or the next to expire; noeviction refuses to write instead. Redis only."""
    idle_timeout_seconds: int = number(3600, low=0, high=86_400)
    """When the server closes a connection on which nothing comes; 0: never."""
    slow_log_microseconds: int = number(10_000, low=0, high=10_000_000)
    """Commands that take longer stand in the slow log. Redis only."""
    log_days: int = choice(30, 7, 90, 365)

    @property
    def is_redis(self) -> bool:
        """Whether this is a replication group, of Valkey or Redis OSS."""
        return self.engine != "memcached"

    @property
    def parameter_family(self) -> str:
        """The family of parameter groups of the engine's version."""
        return VERSIONS[self.engine][self.engine_version]

    def problems(self) -> Iterator[str]:
        """Add what ElastiCache does not offer."""
        yield from super().problems()
        yield from self._catalog_problems()
        if not self.is_redis:
            for setting in ("replicas", "multi_az", "snapshot_retention_days"):
                if getattr(self, setting):
                    yield f"{setting} {getattr(self, setting)} is not for memcached; set {setting}"
        elif self.multi_az and not self.replicas:
            yield "multi_az needs a replica in another zone, and replicas is 0; set replicas"
        # An hour each, say "Scheduling automatic backups" and "CreateReplicationGroup"; overlapping ones are refused.
        yield from window_problems(
            daily=("snapshot_window", self.snapshot_window),
            weekly=("maintenance_window", self.maintenance_window),
            least_minutes=60,
        )

    def _catalog_problems(self) -> Iterator[str]:
        versions = VERSIONS.get(self.engine, {})
        if self.engine_version not in versions:
            offered = f"{self.engine}'s versions ({', '.join(versions)})"
            yield f"engine_version {self.engine_version!r} is none of {offered}; set engine_version"
        families = NODE_TYPES.get(self.engine, {})
        family, _, size = self.node_type.rpartition(".")
        if family not in families:
            offered = f"{self.engine}'s families of node types ({', '.join(families)})"
            yield f"node_type {self.node_type!r} is of none of {offered}; set node_type"
        elif size not in families[family]:
            yield f"node_type {self.node_type!r} has none of the sizes {', '.join(families[family])}; set node_type"


@dataclass(frozen=True, kw_only=True)
class DatabaseConfig(Settings):
    """Aurora PostgreSQL Serverless v2."""

    engine_version: str = "17.5"
    min_capacity: float = number(0.0, low=0.0, high=256.0)
    """Aurora capacity units, in half steps; 0 lets the database pause when nobody is connected."""
    max_capacity: float = number(2.0, low=1.0, high=256.0)
    """Aurora capacity units, in half steps."""
    pause_after_minutes: int = number(5, low=5, high=1440)
    """Minutes without a connection before a database with min_capacity 0 pauses."""
    readers: int = number(0, low=0, high=15)
    """Instances beside the writer that take its place when it fails."""
    backup_days: int = number(1, low=1, high=35)
    backup_window: str = "17:00-18:00"
    """UTC, each day, half an hour or more."""
    maintenance_window: str = "sun:18:00-sun:19:00"
    """UTC, each week, half an hour or more."""
    slow_query_ms: int = number(500, low=-1, high=600_000)
    """Queries that take longer stand in the log; -1: none, 0: all."""
    idle_timeout_seconds: int = number(60, low=0, high=86_400)
    """When the database ends a session or a transaction in which nothing happens; 0: never."""
    performance_insights: bool = False
    """A week of load by query, which costs nothing but some capacity."""
    log_days: int = choice(30, 7, 90, 365)

    def problems(self) -> Iterator[str]:
        """Add what Aurora does not offer."""
        yield from super().problems()
        versions = [f"{major}.{minor}" for major, minors in AURORA_MINORS.items() for minor in minors]
        if self.engine_version not in versions:
            yield (
                f"engine_version {self.engine_version!r} is none of Aurora PostgreSQL's versions "
                f"({', '.join(versions)}); set engine_version"
            )
        for setting, capacity in (("min_capacity", self.min_capacity), ("max_capacity", self.max_capacity)):
            if capacity % 0.5:
                yield f"{setting} {capacity} is not in steps of 0.5; set {setting}"
        if self.min_capacity > self.max_capacity:
            yield f"min_capacity {self.min_capacity} is above max_capacity {self.max_capacity}; set max_capacity"
        if self.performance_insights and self.min_capacity < LEAST_INSIGHTS_CAPACITY:
            yield (
                f"performance_insights needs a min_capacity of {LEAST_INSIGHTS_CAPACITY} or more, not "
                f"{self.min_capacity}; set min_capacity"
            )
        # Half an hour each and no overlap, says "CreateDBCluster".
        yield from window_problems(
            daily=("backup_window", self.backup_window),
            weekly=("maintenance_window", self.maintenance_window),
            least_minutes=30,
        )


def session_problems(cache: CacheConfig, sessions: CacheConfig | None) -> Iterator[str]:
    """Yield what is wrong with where sessions are kept, beside that cache."""
    if sessions is None:
        if not cache.is_redis:
            yield "sessions need Redis, and the cache is memcached; set sessions to a CacheConfig of its own"
    elif not sessions.is_redis:
        yield "sessions' engine 'memcached' would lose them at any time; set sessions' engine"
    elif cache.is_redis and sessions.engine != cache.engine:
        # Redis users belong to one engine, and their ids are unique in the account.
        yield f"sessions' engine {sessions.engine!r} is not that of the cache, {cache.engine!r}; set sessions' engine"
