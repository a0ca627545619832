"""The stages of Edgepost; the settings of its parts are in the config_*.py beside this file.

A name carries its unit: `_seconds`, `_minutes`, `_days`, `_mib` (2**20 bytes), `_bytes`. Each setting has its default
and its bounds where it is declared; what stands in STAGES is what a stage has otherwise.
"""

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stacks.config_alarms import AlarmConfig
from stacks.config_data import CacheConfig, DatabaseConfig, session_problems
from stacks.config_edge import EdgeConfig
from stacks.config_feedback import FeedbackConfig
from stacks.config_inbox import InboxConfig, Route
from stacks.config_mail import ConsumerConfig, DomainConfig, QueueConfig
from stacks.config_network import NetworkConfig
from stacks.config_operation import OperationConfig
from stacks.config_review import ReviewConfig
from stacks.config_web import WebConfig
from stacks.settings import ConfigError, Settings, choice

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class PythonConfig(Settings):
    """What functions run on, and what their wheels are made for."""

    runtime: str = choice("3.14", "3.13", "3.12")
    architecture: str = choice("arm64", "x86_64")
    wheel_python: str = "3.14"
    wheel_platform: str = "aarch64-manylinux_2_28"
    """One of uv's names, see `uv pip install --help`; it fits the architecture where functions really run on that."""
    log_days: int = choice(30, 7, 90, 365)


@dataclass(frozen=True, kw_only=True)
class StageConfig(Settings):
    """One deployment of Edgepost."""

    name: str
    region: str = "ap-northeast-1"
    protected: bool = False
    """Nothing that holds data can be deleted by a deploy."""
    domain: DomainConfig
    queues: QueueConfig = field(default_factory=QueueConfig)
    consumer: ConsumerConfig = field(default_factory=ConsumerConfig)
    feedback: FeedbackConfig = field(default_factory=FeedbackConfig)
    inbox: InboxConfig | None = None
    """Receive mail; None: no mail is received."""
    alarms: AlarmConfig = field(default_factory=AlarmConfig)
    python: PythonConfig = field(default_factory=PythonConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    cache: CacheConfig = field(default_factory=CacheConfig)
    sessions: CacheConfig | None = None
    """A replication group for sessions alone; None: they share the cache's, and may be evicted with it."""
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    web: WebConfig = field(default_factory=WebConfig)
    edge: EdgeConfig = field(default_factory=EdgeConfig)
    review: ReviewConfig = field(default_factory=ReviewConfig)
    operation: OperationConfig = field(default_factory=OperationConfig)

    @property
    def mail_metrics(self) -> str:
        """The CloudWatch namespace of the stage's own metrics of the mail path."""
        return f"Edgepost/Mail/{self.name}"

    @property
    def blog_metrics(self) -> str:
        """The CloudWatch namespace of the stage's own metrics of the blog."""
        return f"Edgepost/Blog/{self.name}"

    def problems(self) -> Iterator[str]:
        """Add what one group of settings says about another."""
        yield from super().problems()
        yield from self.network.problems_in(self.region)
        yield from session_problems(self.cache, self.sessions)
        yield from self.review.problems_with(self.edge.log_days)
        yield from self.operation.problems_with(self.alarms.emails)
        if self.inbox:
            yield from self.inbox.problems_in(self.region, self.domain)
        # The site's certificate is proved in the zone that the stage has.
        site, zone = self.web.site_domain, self.domain.zone
        if site and not f".{site}".endswith(f".{zone}"):
            yield f"site_domain {site!r} is not in hosted zone {zone!r}; set site_domain"
        if self.edge.origin == "public" and not site:
            yield "origin 'public' without a site_domain would send its secret over plain HTTP; set site_domain"

    def __post_init__(self) -> None:
        """Refuse the first setting that is wrong."""
        for problem in self.problems():
            raise ConfigError(f'{problem} in STAGES["{self.name}"]')


def host_platform() -> str:
    """This machine, by uv's name for it."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    return f"{machine}-{'apple-darwin' if sys.platform == 'darwin' else 'manylinux_2_28'}"


try:
    STAGES = {
        stage.name: stage
        for stage in (
            StageConfig(
                name="local",
                domain=DomainConfig(domain="edgepost.test"),
                consumer=ConsumerConfig(send_rate=500),
                inbox=InboxConfig(
                    routes=(
                        Route(name="hello", recipients=("hello@in.edgepost.test",), forward_to=("hana@example.com",)),
                        Route(name="orders", recipients=("orders@in.edgepost.test",), publish=True),
                    )
                ),
                # The embedded cloud runs functions under its own interpreter, which is this one.
                python=PythonConfig(
                    wheel_python=f"{sys.version_info.major}.{sys.version_info.minor}", wheel_platform=host_platform()
                ),
                # One Valkey stands for both nodes; with two a failover can be tried.
                cache=CacheConfig(replicas=1),
                web=WebConfig(
                    site_url="https://localhost:8443",
                    sample_posts=True,
                    ca_file=str(ROOT / ".local" / "ca" / "ca.pem"),
                    # A machine that is busy with much else is no outage.
                    cache_timeout_ms=2000,
                    cache_connect_timeout_ms=5000,
                ),
            ),
            StageConfig(
                name="dev",
                domain=DomainConfig(domain="dev.example.com"),
                consumer=ConsumerConfig(send_rate=1),
                python=PythonConfig(log_days=7),
            ),
            StageConfig(
                name="prod",
                protected=True,
                domain=DomainConfig(
                    domain="example.com", dmarc_policy="quarantine", dmarc_reports_to="dmarc@in.example.com"
                ),
                consumer=ConsumerConfig(send_rate=14),
                inbox=InboxConfig(),
                alarms=AlarmConfig(emails=("operations@example.com",)),
                python=PythonConfig(log_days=90),
                cache=CacheConfig(node_type="cache.t4g.small", replicas=1, multi_az=True),
                sessions=CacheConfig(
                    replicas=1, multi_az=True, eviction_policy="noeviction", snapshot_retention_days=7
                ),
                database=DatabaseConfig(min_capacity=0.5, max_capacity=8, readers=1, backup_days=14),
                web=WebConfig(site_domain="www.example.com"),
                edge=EdgeConfig(web_acl_log_days=90, log_days=365, additional_metrics=True),
                operation=OperationConfig(monthly_budget_usd=500),
            ),
        )
    }
except ConfigError as error:
    sys.exit(f"settings: {error}")  # one line, whatever command needs them
