"""Who reaches whom in the whole app: over the network, and by sign-in."""

from collections.abc import Iterator
from typing import Any

import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized

BLOG, CONSOLE, MIGRATION = "Web/BlogApplication", "Web/ConsoleFunction", "Data/Migration"
# Where each kind of resource says which security groups it has.
GROUPS = {
    "EC2::VPCEndpoint": ("SecurityGroupIds",),
    "ElastiCache::CacheCluster": ("VpcSecurityGroupIds",),
    "ElastiCache::ReplicationGroup": ("SecurityGroupIds",),
    "ElasticLoadBalancingV2::LoadBalancer": ("SecurityGroups",),
    "Lambda::Function": ("VpcConfig", "SecurityGroupIds"),
    "RDS::DBCluster": ("VpcSecurityGroupIds",),
}
Rule = dict[str, Any]


def holders(synthesized: Synthesized) -> dict[str, set[str]]:
    """The resources that each security group is of, as `kind Stack/LogicalId`."""
    found: dict[str, set[str]] = {}
    for stack, template in synthesized.templates.items():
        for kind, path in GROUPS.items():
            for name, value in template.all(kind).items():
                for step in path:
                    value = value.get(step, {})  # noqa: PLW2901 (goes down the path)
                for group in synthesized.origins(stack, value):
                    found.setdefault(group, set()).add(f"{kind} {stack}/{name}")
    return found


def rules(synthesized: Synthesized) -> Iterator[tuple[str, str, Rule]]:
    """Each rule that lets something in: the stack it stands in, the security group it is of, the rule."""
    for stack, template in synthesized.templates.items():
        for name, group in template.all("EC2::SecurityGroup").items():
            for rule in group.get("SecurityGroupIngress", []):
                yield stack, f"{stack}/{name}", rule
        for rule in template.all("EC2::SecurityGroupIngress").values():
            (group,) = synthesized.origins(stack, rule["GroupId"])
            yield stack, group, rule


def sources(synthesized: Synthesized, kind: str) -> set[str]:
    """What reaches resources of a kind: functions and the like by `Stack/LogicalId`, else the rule's own words."""
    held = holders(synthesized)
    found: set[str] = set()
    for stack, group, rule in rules(synthesized):
        if any(holder.startswith(kind) for holder in held.get(group, ())):
            groups = synthesized.origins(stack, rule.get("SourceSecurityGroupId"))
            found |= {holder.split()[1] for source in groups for holder in held[source]} or {str(rule)}
    return found


def only(found: set[str], *expected: str) -> bool:
    return len(found) == len(expected) and all(any(name.startswith(start) for name in found) for start in expected)


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("ElastiCache::ReplicationGroup", (BLOG, CONSOLE)),
        ("RDS::DBCluster", (BLOG, MIGRATION)),
        ("EC2::VPCEndpoint", (BLOG,)),
        ("Lambda::Function", ()),
    ],
)
def test_over_the_network_only_those_are_reached_by_only_these(
    synthesized: Synthesized, kind: str, who: tuple[str, ...]
) -> None:
    found = sources(synthesized, kind)
    assert only(found, *who), found


def test_only_cloudfront_reaches_the_load_balancer(synthesized: Synthesized, stage: str) -> None:
    (rule,) = sources(synthesized, "ElasticLoadBalancingV2::LoadBalancer")
    assert f"'SourcePrefixListId': '{STAGES[stage].web.cloudfront_prefix_list}'" in rule


def test_nothing_is_open_to_addresses(synthesized: Synthesized) -> None:
    assert not [rule for _, _, rule in rules(synthesized) if {"CidrIp", "CidrIpv6"} & {*rule}]


def test_every_rule_is_for_one_port(synthesized: Synthesized) -> None:
    for _, _, rule in rules(synthesized):
        assert rule["IpProtocol"] == "tcp"
        assert rule["FromPort"] == rule["ToPort"]


def test_every_security_group_is_ours_and_used(synthesized: Synthesized) -> None:
    ours = {
        f"{stack}/{name}"
        for stack, template in synthesized.templates.items()
        for name in template.all("EC2::SecurityGroup")
    }
    assert {*holders(synthesized)} == ours


def test_nothing_goes_out_but_to_what_a_rule_names(synthesized: Synthesized) -> None:
    inline = [rule for group in synthesized.all("EC2::SecurityGroup") for rule in group.get("SecurityGroupEgress", [])]
    for rule in (*inline, *synthesized.all("EC2::SecurityGroupEgress")):
        nowhere = rule.get("CidrIp") == "255.255.255.255/32"
        assert nowhere or {"DestinationSecurityGroupId", "DestinationPrefixListId"} & {*rule}
        assert nowhere or rule["FromPort"] == rule["ToPort"]


@pytest.mark.parametrize(
    ("action", "who"), [("elasticache:Connect", (BLOG, CONSOLE)), ("rds-db:connect", (BLOG, MIGRATION))]
)
def test_only_these_may_sign_in(synthesized: Synthesized, action: str, who: tuple[str, ...]) -> None:
    found = {
        f"{stack}/{policy}"
        for stack, template in synthesized.templates.items()
        for policy, statement in template.allowed()
        if action in str(statement["Action"])
    }
    assert only(found, *who), found
