"""What a review is asked for, and what the function knows of its surroundings."""

import os
from collections.abc import Mapping

import msgspec
from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True):
    """What a review is asked for; stacks/config_review.py says what each means."""

    period_days: int = 7
    top: int = 50
    least_requests: int = 1000
    most_stale_seconds: dict[str, int] = {}
    """By the name of a TTL policy."""
    origin_seconds: dict[str, int] = {}
    """By the path pattern of a behaviour, as are the others below."""
    origin_stale_seconds: dict[str, int] = {}
    changes: dict[str, int] = {}
    edits: dict[str, float] = {}
    """Seconds between changes, as the moments of edits tell; a setting of `changes` goes before."""


class Surroundings(Struct, frozen=True, kw_only=True, rename="upper"):
    """What the stack tells the function; each field is the environment variable of its name in capitals."""

    stage: str
    log_database: str
    workgroup: str
    distribution_id: str
    mail_queue_url: str
    attachments_bucket: str
    mail_domain: str
    report_to: tuple[str, ...]
    """In the environment: JSON, as is the review."""
    review: Settings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Surroundings":
        """Read the environment; raises msgspec.ValidationError that names what is missing or wrong."""
        values: dict[str, object] = dict(environment)
        for name in ("REPORT_TO", "REVIEW"):
            values[name] = msgspec.json.decode(environment.get(name, "null"))
        return msgspec.convert(values, type=cls, strict=False)
