"""Settings of the network."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from stacks.settings import Settings, choice
from stacks.zones import reached_by_cloudfront, zones_of

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
MOST_ZONES = 4
LEAST_BALANCER_ZONES = 2
"""A load balancer stands in two zones at least ("Application Load Balancers")."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(Settings):
    """Where the load balancer, functions and data stores run."""

    cidr: str = "10.0.0.0/16"
    """The VPC's addresses, a /16 to /20 of a private range."""
    zones: tuple[str, ...] = ("apne1-az1", "apne1-az4")
    """Zone ids, two to four, in the order in which they were added: subnets are numbered by it. Ids, not names: a name
    means another zone in another account."""
    s3_prefix_list: str = "pl-61a54008"
    """The id of com.amazonaws.<region>.s3 in the stage's region, as `aws ec2 describe-prefix-lists` shows it: where the
    schema function may send its answer to CloudFormation."""
    flow_log_days: int = choice(30, 7, 90, 365)

    @property
    def addresses(self) -> IPv4Network:
        """The VPC's addresses; raises ValueError for what is no network."""
        return IPv4Network(self.cidr)

    def problems(self) -> Iterator[str]:
        """Add what bounds cannot say about zones and addresses."""
        yield from super().problems()
        if not _is_vpc_network(self.cidr):
            yield f"cidr {self.cidr!r} is not a /16 to /20 of {', '.join(map(str, PRIVATE))}; set cidr"
        if not re.fullmatch(r"pl-[0-9a-f]{8,17}", self.s3_prefix_list):
            yield f"s3_prefix_list {self.s3_prefix_list!r} is not the id of a prefix list (pl-…); set s3_prefix_list"
        if not LEAST_BALANCER_ZONES <= len(self.zones) <= MOST_ZONES:
            yield f"zones are {len(self.zones)}, not {LEAST_BALANCER_ZONES} to {MOST_ZONES}; set zones"
        for zone, times in Counter(self.zones).items():
            if times > 1:
                yield f"zones name {zone!r} {times} times; set zones"

    def problems_in(self, region: str) -> Iterator[str]:
        """Yield what is wrong with the zones in this region."""
        known = zones_of(region)
        if not known:
            yield f"region {region!r} is none that CloudFront's VPC origins support; set region"
            return
        for zone in self.zones:
            if zone not in known:
                yield f"zone {zone!r} is not a zone id of {region} ({', '.join(known)}); set zones"
        reached = reached_by_cloudfront(self.zones)
        if len(reached) < LEAST_BALANCER_ZONES:
            yield (
                f"of the zones {', '.join(self.zones)} CloudFront's VPC origins support only {', '.join(reached)}, "
                f"and the load balancer needs {LEAST_BALANCER_ZONES}; set zones"
            )


def _is_vpc_network(cidr: str) -> bool:
    try:
        network = IPv4Network(cidr)
    except ValueError:
        return False
    return 16 <= network.prefixlen <= 20 and any(map(network.subnet_of, PRIVATE))  # noqa: PLR2004 -- as VPC subnets are cut
