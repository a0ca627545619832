"""The inbox's settings, read once from its environment variables."""

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

PASS, FAIL = "PASS", "FAIL"
Choice = Literal["accept", "quarantine", "drop"]
# Stands in S3 keys and idempotency keys.
RouteName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}(?![\s\S])")]


class Route(Struct, frozen=True, kw_only=True):
    """Where mails to some recipients go: sent on to addresses, told to a topic, or both."""

    name: RouteName
    recipients: tuple[str, ...]
    """Addresses; `*` stands for any characters, and a pattern that begins with `@` for every address of its domain."""
    forward_to: tuple[str, ...] = ()
    topic_arn: str = ""

    def recipient(self, envelope: Iterable[str]) -> str | None:
        """The first of the envelope's recipients that the route is for."""
        patterns = [_pattern(text) for text in self.recipients]
        return next((to for to in envelope if any(fnmatchcase(to.lower(), pattern) for pattern in patterns)), None)


class Verdicts(Struct, frozen=True, kw_only=True):
    """What becomes of a mail that has failed a check of SES's."""

    spam: Choice
    virus: Choice
    spf: Choice
    dkim: Choice
    dmarc: Choice

    def of(self, found: Mapping[str, str]) -> tuple[Choice, str]:
        """The most severe choice among the checks that have failed, and the names of those that led to it.

        GRAY, PROCESSING_FAILED and what else SES may say is no failure: such mails are accepted.
        """
        failed = {name: getattr(self, name) for name, verdict in found.items() if verdict == FAIL}
        for choice in ("drop", "quarantine"):
            if names := [name for name, chosen in failed.items() if chosen == choice]:
                return choice, ", ".join(names)
        return "accept", ""


class Settings(Struct, frozen=True, kw_only=True, rename="upper"):
    """What the stack tells the inbox; each field is the environment variable of its name in capitals."""

    received_table: str
    inbox_bucket: str
    attachments_bucket: str
    mail_queue_url: str
    dead_letter_url: str
    mail_domain: str
    """The domain that mails are sent on from."""
    receiving_domains: frozenset[str]
    """In the environment: a JSON list, as are the routes."""
    routes: tuple[Route, ...]
    verdicts: Verdicts
    """In the environment: a JSON object."""
    record_days: int
    max_forward_bytes: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises msgspec.ValidationError that names what is missing or wrong."""
        values: dict[str, object] = dict(environment)
        for name in ("RECEIVING_DOMAINS", "ROUTES", "VERDICTS"):
            values[name] = msgspec.json.decode(environment.get(name, "null"))
        return msgspec.convert(values, type=cls, strict=False)


def _pattern(text: str) -> str:
    """The pattern for fnmatch, to which `?` and `[` are no more than characters of an address."""
    literal = "".join(f"[{character}]" if character in "?[" else character for character in text.lower())
    return f"*{literal}" if literal.startswith("@") else literal
