"""The table of list prices: what prices.json holds, and how a price is found in it."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

EVERYWHERE = "*"
DIGITS = 3
"""The list of node prices is rounded to a tenth of a cent."""


class Part(NamedTuple):
    """What something is and costs in a month; None where there is no price for it."""

    what: str
    usd: float | None

    def plus(self, other: "Part") -> "Part":
        """Return both together; without a price if one has none."""
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Part(f"{self.what}, {other.what}", usd)


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """A price by region, `*` for one that is the same everywhere."""

    page: str
    as_of: str
    usd: Mapping[str, float]


class CacheNodes(Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of cache nodes by region, family and size, and how sizes relate."""

    page: str
    as_of: str
    note: str
    valkey_part: float
    """What Valkey costs of what Redis OSS and Memcached cost."""
    units: Mapping[str, float]
    usd: Mapping[str, Mapping[str, Mapping[str, float]]]


class Prices(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    note: str
    hours_a_month: int
    prices: Mapping[str, Price]
    """Named by what they are for; a name ends with the time that it is for, `_hour` or `_month`, or with what is
    counted, as `_million`."""
    cache_nodes: CacheNodes
    by_use: Mapping[str, str]
    """Types that are paid by use, at least in part: for what."""
    free: tuple[str, ...]
    """Types that cost nothing by themselves."""
    summed: tuple[str, ...]
    """Types that are priced together, one line a stack."""

    def month(self, name: str, region: str, count: float = 1) -> float | None:
        """Return what so many cost in a month in a region, or None if the table does not tell."""
        usd = self.prices[name].usd
        price = usd.get(region, usd.get(EVERYWHERE))
        hours = self.hours_a_month if name.endswith("_hour") else 1
        return None if price is None else price * hours * count

    def of(self, name: str, region: str) -> float:
        """Return a price as the list has it."""
        usd = self.prices[name].usd
        return usd[region] if region in usd else usd[EVERYWHERE]

    def is_known(self, kind: str) -> bool:
        """Whether the table says of a type that it costs nothing, or is priced together with others."""
        return kind in self.free or kind in self.summed or kind.startswith(("Custom::", "AWS::CloudFormation::"))

    @property
    def source(self) -> str:
        """Where the prices come from and how old they are, in a sentence."""
        dates = sorted({price.as_of for price in self.prices.values()} | {self.cache_nodes.as_of})
        return (
            f"Estimated from list prices of {dates[0]} to {dates[-1]}, each with its page in review/prices.json, for "
            f"{self.hours_a_month} hours at rest; without free tiers, discounts and taxes."
        )


def cache_node(prices: Prices, region: str, node: str, engine: str) -> float | None:
    """Return what an hour of a cache node costs, as the list rounds it, or None if the table does not tell."""
    nodes = prices.cache_nodes
    family, _, size = node.rpartition(".")
    known = nodes.usd.get(region, {}).get(family)
    if not known or size not in nodes.units:
        return None
    largest = max(known, key=lambda name: nodes.units[name])
    in_proportion = round(known[largest] / nodes.units[largest] * nodes.units[size], DIGITS)
    usd = known.get(size, in_proportion)
    return usd * nodes.valkey_part if engine == "valkey" else usd
