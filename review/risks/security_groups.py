"""Security groups that let more through than before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, cast

from review.model import Finding, Severity
from review.risks.comparison import Comparison
from review.risks.values import listed, number, target, text
from review.sides import Template

GROUP = "AWS::EC2::SecurityGroup"
RULES = {"AWS::EC2::SecurityGroupIngress": "ingress", "AWS::EC2::SecurityGroupEgress": "egress"}
INLINE = {"SecurityGroupIngress": "ingress", "SecurityGroupEgress": "egress"}
PEERS = (
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "DestinationSecurityGroupId",
    "SourcePrefixListId",
    "DestinationPrefixListId",
    "SourceSecurityGroupName",
)
EVERYWHERE = {"0.0.0.0/0", "::/0"}
ALL = "-1"
HIGHEST = 65535
UNSAID: dict[str, Any] = {"IpProtocol": ALL, "CidrIp": "0.0.0.0/0"}
NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}


@dataclass(frozen=True)
class Opening:
    """What one rule lets through."""

    group: str
    direction: str
    protocol: str
    lowest: float
    highest: float
    peer: str
    logical_id: str
    rule: dict[str, Any]

    def covers(self, other: "Opening") -> bool:
        """Whether everything that another rule lets through gets through this one."""
        return (
            (self.group, self.direction) == (other.group, other.direction)
            and self.protocol in (ALL, other.protocol)
            and (self.protocol == ALL or (self.lowest <= other.lowest and other.highest <= self.highest))
            and _within(other.peer, self.peer)
        )

    def title(self) -> str:
        """Say what it lets through."""
        ports = f"{self.lowest:.0f}" if self.lowest == self.highest else f"{self.lowest:.0f} to {self.highest:.0f}"
        what = "all traffic" if self.protocol == ALL else f"{self.protocol} {ports}"
        way = "from" if self.direction == "ingress" else "to"
        return f"the security group lets {what} through {way} {self.peer}"


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find rules that no rule before covered; of a group that is new, those that are open to everywhere."""
    for stage, stack in comparison.stacks:
        before, after = (_openings(side.get(stage, stack)) for side in (comparison.base, comparison.head))
        pairs = {pair.logical_id: pair for pair in comparison.pairs(stage, stack)}
        for opening in after:
            of = opening.rule.get("GroupId", {"Ref": opening.group})
            owners = comparison.after.origins(stage, stack, of)
            new_group = bool(owners) and not any(comparison.before.kind(owner) for owner in owners)
            known = any(one.covers(opening) for one in before) or (new_group and not _wide(opening))
            # A group that has lost its egress rules gets none from EC2: only one that is made gets the default.
            if known or (opening.rule is UNSAID and not new_group):
                continue
            was = [one.rule for one in before if one.logical_id == opening.logical_id and _alike(one, opening)]
            pair = pairs[opening.logical_id]
            yield pair.finding(
                "network-opened", _severity(opening, new_group=new_group), opening.title(), was or None, opening.rule
            )


def _openings(template: Template | None) -> list[Opening]:
    resources = template.resources if template else {}
    found: list[Opening] = []
    for name, resource in sorted(resources.items()):
        properties: dict[str, Any] = resource.get("Properties") or {}
        if resource["Type"] in RULES:
            found.append(_opening(target(properties.get("GroupId")), RULES[resource["Type"]], name, properties))
        if resource["Type"] == GROUP:
            for key, direction in INLINE.items():
                said = [rule for rule in listed(properties.get(key)) if hasattr(rule, "keys")]
                found += [_opening(name, direction, name, rule) for rule in said]
    return [*found, *_unsaid(resources, found)]


def _unsaid(resources: dict[str, dict[str, Any]], said: Iterable[Opening]) -> Iterator[Opening]:
    """A group without any egress rule is made with one for all traffic ("AWS::EC2::SecurityGroup")."""
    told = {opening.group for opening in said if opening.direction == "egress"}
    for name in sorted(resources):
        if resources[name]["Type"] == GROUP and name not in told:
            yield _opening(name, "egress", name, UNSAID)


def _opening(group: str, direction: str, logical_id: str, rule: dict[str, Any]) -> Opening:
    protocol = str(rule.get("IpProtocol", ALL)).lower()
    lowest, highest = (number(rule.get(key)) for key in ("FromPort", "ToPort"))
    everything = lowest is None or lowest < 0
    return Opening(
        group=group,
        direction=direction,
        protocol=NUMBERS.get(protocol, protocol),
        lowest=0 if everything else cast("float", lowest),
        highest=HIGHEST if everything or highest is None or highest < 0 else highest,
        peer=next((text(rule[key]) for key in PEERS if key in rule), "unknown"),
        logical_id=logical_id,
        rule=rule,
    )


def _within(inner: str, outer: str) -> bool:
    """Whether all addresses of one peer are of another; security groups and prefix lists are only the same or not."""
    try:
        return ip_network(inner, strict=False).subnet_of(ip_network(outer, strict=False))  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        return inner == outer


def _wide(opening: Opening) -> bool:
    return opening.peer in EVERYWHERE


def _alike(one: Opening, other: Opening) -> bool:
    return one.direction == other.direction and (one.peer == other.peer or one.protocol == other.protocol)


def _severity(opening: Opening, *, new_group: bool) -> Severity:
    """From everywhere is the worst; a security group as the other end is what a new part of the app needs."""
    weights = INWARD if opening.direction == "ingress" else OUTWARD
    everywhere, addresses, group = weights
    if _wide(opening):
        return Severity.MEDIUM if new_group and opening.direction == "egress" else everywhere
    return addresses if _within(opening.peer, "0.0.0.0/0") or _within(opening.peer, "::/0") else group


INWARD = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM)
OUTWARD = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
