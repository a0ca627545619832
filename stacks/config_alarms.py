"""Settings of alarms: who is told, and from when on."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import Settings, address_problems, number


@dataclass(frozen=True, kw_only=True)
class AlarmConfig(Settings):
    """When to tell whom."""

    emails: tuple[str, ...] = ()
    """Who is told; each address has to confirm once."""
    runbook_url: str = "docs/runbook.md"
    """Where those who are told read what to do; each alarm links its own section. A whole URL opens from a mail."""
    oldest_message_minutes: int = number(30, low=16, high=1440)
    """Age of a queue's oldest message, the queue's delay not counted. A message's own delay is, up to 15 minutes."""
    consumer_errors: int = number(1, low=1, high=1000)
    """Failed invocations in five minutes."""
    feedback_errors: int = number(1, low=1, high=1000)
    """Failed invocations in five minutes."""
    inbox_errors: int = number(1, low=1, high=1000)
    """Failed invocations in five minutes."""
    unsubscribe_errors: int = number(1, low=1, high=1000)
    """Failed invocations in five minutes."""
    review_errors: int = number(1, low=1, high=1000)
    """Failed invocations in five minutes."""
    blog_errors: int = number(1, low=1, high=1000)
    """Failed invocations in five minutes."""
    server_errors: int = number(5, low=1, high=100_000)
    """Answers with a status of 500 or more in five minutes, counted apart for the load balancer and what it serves."""
    cache_unavailable: int = number(10, low=1, high=100_000)
    """Requests in five minutes that had to do without the cache."""
    sessions_unavailable: int = number(5, low=1, high=100_000)
    """Requests in five minutes whose session could not be read."""
    database_unavailable: int = number(1, low=1, high=100_000)
    """Requests in five minutes that found no database within database_patience_seconds."""
    edge_error_percent: float = number(5.0, low=0.1, high=100)
    """Answers with a status of 500 or more among all that readers got in five minutes."""
    edge_miss_percent: float = number(80.0, low=1, high=100)
    """Requests in an hour, of those that the edge could answer itself, that went to the load balancer. Only with
    additional_metrics."""
    edge_origin_ms: int = number(5_000, low=10, high=60_000)
    """How long the load balancer took for nine of ten answers of five minutes. Only with additional_metrics."""
    blocked_requests: int = number(1_000, low=1, high=1_000_000_000)
    """Requests that the web ACL blocked in five minutes."""
    fault: int = number(1, low=1, high=100_000)
    """Mail requests in five minutes that could not be queued, and sessions that could not be read."""
    answer_ms: int = number(3_000, low=10, high=60_000)
    """How long what the load balancer serves took for nine of ten answers of five minutes."""
    throttled_invocations: int = number(1, low=1, high=100_000)
    """Invocations in five minutes that Lambda refused; counted apart for the blog and the consumer."""
    drain_minutes: int = number(60, low=1, high=14 * 1440)
    """How long the three mail queues would take to empty at send_rate, each request counted as one recipient."""
    throttled: int = number(20, low=1, high=100_000)
    """Mails in five minutes that SES refused as too fast."""
    rejected_percent: float = number(10.0, low=0.1, high=100)
    """Requests in an hour that were given up, of those that were sent or given up, from 20 on."""
    consumer_spare_seconds: int = number(5, low=1, high=14)
    """What the slowest invocation of five minutes left of the consumer's timeout_seconds; no send starts in the last
    15."""
    cache_cpu_percent: float = number(90.0, low=1, high=100)
    """A node's CPU in three periods of five minutes."""
    cache_engine_percent: float = number(90.0, low=1, high=100)
    """The one CPU that the engine's commands run on, in three periods of five minutes. Redis only."""
    cache_memory_percent: float = number(80.0, low=1, high=100)
    """Memory for data that is used, where eviction_policy is noeviction: elsewhere a full cache is nothing wrong. Redis
    only."""
    cache_evictions: int = number(1_000, low=1, high=1_000_000_000)
    """Keys in five minutes that went early for want of memory; not where eviction_policy is noeviction."""
    cache_connections: int = number(5_000, low=1, high=65_000)
    """Connections to a node; a function has one or two for each request that it answers at the same time."""
    cache_lag_seconds: float = number(10.0, low=0.1, high=3600)
    """How far a replica is behind, in three periods of five minutes. Redis only."""
    cache_swap_mib: float = number(50.0, low=1, high=1024)
    """Memory that a node has swapped out. Memcached only."""
    database_cpu_percent: float = number(90.0, low=1, high=100)
    """An instance's CPU, of what it has at max_capacity, in three periods of five minutes."""
    database_capacity_percent: float = number(90.0, low=1, high=100)
    """Aurora capacity units in use, of max_capacity, in three periods of five minutes."""
    database_connection_percent: float = number(80.0, low=1, high=100)
    """Connections to an instance, of those that max_capacity allows."""
    database_lag_ms: int = number(1_000, low=1, high=600_000)
    """How far the slowest reader is behind, in three periods of five minutes."""

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about addresses."""
        yield from super().problems()
        yield from address_problems("emails", *self.emails)
