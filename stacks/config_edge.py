"""Settings of the edge: CloudFront, its web ACL and its logs."""

from dataclasses import dataclass

from stacks.settings import Settings, choice, number

EDGE_REGION = "us-east-1"
"""Where CloudFront's certificates, web ACLs, metrics and log deliveries have to be."""


@dataclass(frozen=True, kw_only=True)
class EdgeConfig(Settings):
    """CloudFront before the load balancer."""

    origin: str = choice("vpc", "public")
    """How CloudFront reaches the load balancer: inside the VPC, or over the internet with a secret header, which needs
    a site_domain."""
    origin_secret: int = number(1, low=1, high=1_000_000)
    """The number of the secret that CloudFront shows a public load balancer. One more is a new secret; the one before
    opens too until the next."""
    web_acl_mode: str = choice("block", "count")
    """Whether the web ACL blocks what its rules match, or only counts it."""
    rate_limit_requests: int = number(2_000, low=10, high=2_000_000_000)
    """Requests in five minutes from one address; more are blocked."""
    web_acl_log_days: int = choice(30, 7, 90, 365)
    log_days: int = number(90, low=1, high=3650)
    """How long CloudFront's access logs are kept."""
    additional_metrics: bool = False
    """CloudFront's additional metrics, which cost a fixed price a month: alarms on cache hits and origin latency."""
