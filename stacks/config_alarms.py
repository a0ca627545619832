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

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about addresses."""
        yield from super().problems()
        yield from address_problems("emails", *self.emails)
