"""The consumer's settings, read once from its environment variables."""

import os
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from mail_consumer.warm_up import WarmUp


class Queue(Struct, frozen=True):
    """A source queue and where its hopeless messages go."""

    url: str
    dead_letter_url: str


class Settings(Struct, frozen=True, kw_only=True, rename="upper"):
    """What the stack tells the consumer; each field is the environment variable of its name in capitals."""

    mail_domain: str
    configuration_set: str
    deliveries_table: str
    sending_table: str
    suppressions_table: str
    attachments_bucket: str
    queues: dict[str, Queue]
    """Source queue ARN to its queue (in the environment: JSON)."""
    send_rate: float
    """Recipients per second, for the whole account."""
    max_attempts: int
    on_undecided: Literal["ask", "resend"]
    record_days: int
    max_mail_bytes: int
    unsubscribe_key: str
    """The KMS key that signs links to unsubscribe."""
    site_url: str
    """Where they lead; empty: there is no site."""
    tenant: str
    """The SES tenant that sends; empty: none."""
    warm_up: WarmUp | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises msgspec.ValidationError that names what is missing or wrong."""
        values: dict[str, object] = dict(environment)
        values["QUEUES"] = msgspec.json.decode(environment.get("QUEUES", "{}"))
        values["WARM_UP"] = msgspec.json.decode(environment.get("WARM_UP") or "null")
        return msgspec.convert(values, type=cls, strict=False)
