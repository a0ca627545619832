"""How a setting is declared: a default, its bounds, and one clear error when it is out of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TypeVar

T = TypeVar("T")
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?=.{{1,253}}$)({LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])")
"""A domain name in lower case, with a dot."""


class ConfigError(ValueError):
    """A setting that cannot be deployed: its value, what is expected, and where to set it."""


def number(default: T, *, low: float, high: float) -> T:
    """Declare a number with its bounds, both included; the setting's name carries the unit."""
    return field(default=default, metadata={"low": low, "high": high})


def choice(default: T, *others: T) -> T:
    """Declare a setting that takes one of a few values."""
    return field(default=default, metadata={"allowed": (default, *others)})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A group of settings that can tell what is wrong with it."""

    def problems(self) -> Iterator[str]:
        """Yield `<what is wrong>; set <setting>` for each setting out of its bounds, nested groups included."""
        for setting in fields(self):
            value = getattr(self, setting.name)
            bounded = "low" in setting.metadata and value is not None
            if bounded and not setting.metadata["low"] <= value <= setting.metadata["high"]:
                bounds = f"{setting.metadata['low']} to {setting.metadata['high']}"
                yield f"{setting.name} {value} is not within {bounds}; set {setting.name}"
            if value not in setting.metadata.get("allowed", (value,)):
                allowed = ", ".join(map(str, setting.metadata["allowed"]))
                yield f"{setting.name} {value!r} is none of {allowed}; set {setting.name}"
            if isinstance(value, Settings):
                yield from value.problems()


def address_problems(setting: str, *addresses: str) -> Iterator[str]:
    """Yield a problem for each of a setting's values that is no mail address."""
    for address in addresses:
        local_part, at, domain = address.rpartition("@")
        if not (local_part and at and NAME.fullmatch(domain)):
            yield f"{setting} {address!r} is not a mail address; set {setting}"
