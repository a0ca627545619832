"""The settings of the unsubscribe page, read once from its environment variables."""

import os
from collections.abc import Mapping

import msgspec
from msgspec import Struct


class Settings(Struct, frozen=True, kw_only=True, rename="upper"):
    """What the stack tells the function; each field is the environment variable of its name in capitals."""

    suppressions_table: str
    unsubscribe_key: str
    """Id or ARN of the KMS key that the links are made with."""
    site_url: str
    site_title: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises msgspec.ValidationError that names what is missing."""
        return msgspec.convert(dict(environment), type=cls)
