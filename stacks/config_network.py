"""Settings of the network."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(Settings):
    """Where the load balancer, functions and data stores run."""

    cidr: str = "10.0.0.0/16"
    """The VPC's addresses, a /16 to /20 of a private range."""
    zones: tuple[str, ...] = ("apne1-az1", "apne1-az4")
    """Zone ids, two to four, in the order in which they were added: subnets are numbered by it. Ids, not names: a name
    means another zone in another account."""

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about zones and addresses."""
        yield from super().problems()
