"""The settings of the quota check, read once from its environment variables."""

import os
from collections.abc import Mapping

import msgspec
from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True, rename="upper"):
    """What the stack tells the function; each field is the environment variable of its name in capitals."""

    namespace: str
    """The CloudWatch namespace of the metrics."""
    send_rate: float
    """Recipients a second that the consumer is set to."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises msgspec.ValidationError that names what is missing or wrong."""
        return msgspec.convert(dict(environment), type=cls, strict=False)
