"""Settings of the web application and its load balancer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import NAME, Settings, address_problems, number

ANSWER_SECONDS = 8
"""What a request needs beside the database: 5 seconds to wait for another's query, and time to answer."""


@dataclass(frozen=True, kw_only=True)
class WebConfig(Settings):
    """The blog and the load balancer before it."""

    site_title: str = "Edgepost"
    site_domain: str = ""
    """The site's name in the hosted zone; empty: the site has CloudFront's own name, and plain HTTP inside the VPC."""
    site_url: str = ""
    """How readers reach the site, for links in mails; empty: `https://<site_domain>`. Without either, only
    `make author` sends sign-in links."""
    cloudfront_prefix_list: str = "pl-58a04531"
    """The id of com.amazonaws.global.cloudfront.origin-facing in the stage's region."""
    contact_email: str = "owner@example.com"
    """Who gets what is written in the contact form."""
    sample_posts: bool = False
    ca_file: str = ""
    """Certificates that Redis and the database are checked against; empty: AWS's own."""
    memory_mib: int = number(1024, low=128, high=10_240)
    """Lambda gives processor time by it, which a cold start needs most."""
    timeout_seconds: int = number(29, low=10, high=55)
    """The longest that an answer may take; the edge waits a second longer."""
    database_patience_seconds: int = number(20, low=1, high=45)
    """How long to wait for a database that resumes or restarts."""
    cache_timeout_ms: int = number(100, low=5, high=5000)
    """How long an answer of Redis or Memcached may take before the database is asked instead."""
    cache_connect_timeout_ms: int = number(500, low=20, high=5000)
    fresh_seconds: int = number(60, low=1, high=86_400)
    """How long a cached post counts as fresh; up to a tenth is taken off at random."""
    stale_seconds: int = number(3600, low=0, high=604_800)
    """How long after that it may be served while one request refreshes it."""
    missing_seconds: int = number(10, low=1, high=3600)
    """How long it is remembered that a post does not exist."""
    session_idle_minutes: int = number(30, low=1, high=1440)
    session_hours: int = number(12, low=1, high=720)
    """The longest that a sign-in lasts, used or not."""
    link_minutes: int = number(30, low=5, high=1440)
    """How long a mailed sign-in link works."""
    access_log_days: int = number(90, low=1, high=3650)
    """How long the load balancer's access logs are kept."""

    @property
    def url(self) -> str:
        """How readers reach the site; empty where it is not known before a deploy."""
        return self.site_url or (f"https://{self.site_domain}" if self.site_domain else "")

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about names and addresses."""
        yield from super().problems()
        yield from address_problems("contact_email", self.contact_email)
        if not re.fullmatch(r"pl-[0-9a-f]{8,17}", self.cloudfront_prefix_list):
            yield (
                f"cloudfront_prefix_list {self.cloudfront_prefix_list!r} is not the id of a prefix list, as "
                "pl-58a04531; set cloudfront_prefix_list"
            )
        if self.site_domain and not NAME.fullmatch(self.site_domain):
            yield f"site_domain {self.site_domain!r} is not a domain name in lower case; set site_domain"
        if self.timeout_seconds - self.database_patience_seconds < ANSWER_SECONDS:
            yield (
                f"timeout_seconds {self.timeout_seconds} leaves less than {ANSWER_SECONDS} seconds for an answer after "
                f"database_patience_seconds {self.database_patience_seconds}; set database_patience_seconds"
            )
