"""Settings of the data stores: cache, sessions, database."""

from dataclasses import dataclass

from stacks.settings import Settings, choice, number


@dataclass(frozen=True, kw_only=True)
class CacheConfig(Settings):
    """A Redis replication group (Valkey or Redis OSS) or a Memcached cluster."""

    engine: str = choice("valkey", "redis", "memcached")
    engine_version: str = "8.2"
    node_type: str = "cache.t4g.micro"
    replicas: int = number(0, low=0, high=5)
    """Copies of the primary; one or more bring automatic failover. Redis only."""
    nodes: int = number(1, low=1, high=40)
    """Memcached only."""
    multi_az: bool = False
    """Replicas stand in other zones than the primary."""
    snapshot_retention_days: int = number(0, low=0, high=35)
    snapshot_window: str = "17:00-18:00"
    """UTC."""
    maintenance_window: str = "sun:18:00-sun:19:00"
    """UTC."""
    eviction_policy: str = choice(
        "allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-lfu", "volatile-ttl", "noeviction"
    )
    idle_timeout_seconds: int = number(3600, low=0, high=86_400)
    """When the server closes a connection on which nothing comes; 0: never."""
    slow_log_microseconds: int = number(10_000, low=0, high=10_000_000)
    """Commands that take longer stand in the slow log."""
    log_days: int = choice(30, 7, 90, 365)


@dataclass(frozen=True, kw_only=True)
class DatabaseConfig(Settings):
    """Aurora PostgreSQL Serverless v2."""

    engine_version: str = "17.5"
    min_capacity: float = number(0.0, low=0.0, high=256.0)
    """Aurora capacity units; 0 lets the database pause when nobody is connected."""
    max_capacity: float = number(2.0, low=1.0, high=256.0)
    pause_after_minutes: int = number(5, low=5, high=1440)
    """Minutes without a connection before a database with min_capacity 0 pauses."""
    readers: int = number(0, low=0, high=15)
    backup_days: int = number(1, low=1, high=35)
