"""The blog's settings, read once from its environment variables."""

import os
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, convert


class Settings(Struct, frozen=True, kw_only=True, rename="upper"):
    """What the stack tells the blog; each field is the environment variable of its name in capitals.

    Where Redis and PostgreSQL are stands in further variables, which `data_access` reads.
    """

    cache_engine: Literal["redis", "memcached"]
    cache_host: str
    cache_port: int
    cache_timeout_ms: int
    """How long an answer of the cache may take."""
    cache_connect_timeout_ms: int
    ca_file: str = ""
    """Certificates that servers are checked against; empty: AWS's own."""
    database_patience_seconds: float
    """How long to wait for a database that resumes or restarts."""
    fresh_seconds: float
    stale_seconds: float
    missing_seconds: float
    session_idle_minutes: int
    session_hours: int
    """The longest that a sign-in lasts, used or not."""
    link_minutes: int
    """How long a mailed sign-in link works."""
    mail_queue_url: str
    mail_domain: str
    contact_email: str
    """Who gets what is written in the contact form."""
    site_url: str = ""
    """How readers reach the site, for links in mails; empty: the sign-in page mails no links."""
    site_title: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises msgspec.ValidationError that names what is missing or wrong."""
        return convert(dict(environment), type=cls, strict=False)
