"""What the stages cost a month at rest, before and after: an estimate from the list prices in prices.json.

At rest means: everything runs and nobody comes. What is paid by use is listed as not priced, and so is whatever the
table has no price for.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from review.model import Cost, CostLine
from review.prices import Part, Prices, cache_node
from review.risks.values import at, listed, number, text
from review.sides import Side, Template

FILE = Path(__file__).with_name("prices.json")
CENT = 2
"""Digits of a cent: more would say that an estimate is exact."""


class Item(NamedTuple):
    """A resource, or what all resources of a kind in a stack come to."""

    stage: str
    stack: str
    resource: str


@dataclass(frozen=True)
class Priced:
    """A resource of a template, as the functions below price it."""

    template: Template
    logical_id: str
    prices: Prices

    def get(self, *path: str) -> object:
        """Return a property, or None."""
        return at(self.template.resources[self.logical_id], "Properties", *path)

    def each(self, *path: str) -> list[object]:
        """Return a property that is a list."""
        return listed(self.get(*path))

    def count(self, *path: str, default: float) -> float:
        """Return a property that is a number."""
        found = number(self.get(*path))
        return default if found is None else found

    def month(self, what: str, price: str, count: float = 1) -> Part:
        """Return what so many of something that has a price cost in a month."""
        return Part(what, self.prices.month(price, self.template.region, count))


def compare(base: Side, head: Side) -> Cost:
    """Return what each resource costs on both sides, sorted, and what has no price."""
    prices = load()
    before, after = (dict(_items(side, prices)) for side in (base, head))
    lines = [_line(item, before.get(item), after.get(item)) for item in sorted({*before, *after})]
    unpriced = {text for side in (base, head) for text in _unpriced(side, prices)}
    return Cost(lines=tuple(filter(None, lines)), unpriced=tuple(sorted(unpriced)), source=prices.source)


@cache
def load() -> Prices:
    """Return the price table."""
    return msgspec.json.decode(FILE.read_bytes(), type=Prices)


def _line(item: Item, before: Part | None, after: Part | None) -> CostLine | None:
    """Return the line of a resource; none if a side has no price of it, since that would look like nothing to pay."""
    there = [part for part in (before, after) if part]
    if any(part.usd is None for part in there):
        return None
    names = dict.fromkeys(part.what for part in there)
    usd = [round((part and part.usd) or 0.0, CENT) for part in (before, after)]
    return CostLine(**item._asdict(), item=" → ".join(names), before_usd=usd[0], after_usd=usd[1])


def _items(side: Side, prices: Prices) -> Iterator[tuple[Item, Part]]:
    for place in side.places:
        template = side.templates[place]
        for logical_id, resource in template.resources.items():
            price = PRICED.get(resource["Type"])
            part = price(Priced(template, logical_id, prices)) if price else None
            if part:
                yield Item(*place, template.where(logical_id)), part
        for what, name in SUMMED.items():
            part = name(template, prices)
            if part:
                yield Item(*place, what), part


def _unpriced(side: Side, prices: Prices) -> Iterator[str]:
    """Tell what is paid by use, what the table does not know, and what it has no price for."""
    for (stage, _), template in side.templates.items():
        for logical_id, resource in template.resources.items():
            kind: str = resource["Type"]
            if kind in prices.by_use:
                yield f"{kind}: {prices.by_use[kind]}"
            elif kind not in PRICED and not prices.is_known(kind):
                yield f"{kind}: the price table does not know it"
            part = PRICED[kind](Priced(template, logical_id, prices)) if kind in PRICED else None
            if part and part.usd is None:
                yield f"{stage}/{template.where(logical_id)}: no price of {part.what} in {template.region}"


def _load_balancer(resource: Priced) -> Part:
    """By the hour; one that faces the Internet also pays for an address in each zone."""
    kind = text(resource.get("Type") or "application")
    if kind == "gateway":
        return Part("a gateway load balancer", None)
    balancer = resource.month(f"{kind} load balancer", "load_balancer_hour")
    if resource.get("Scheme") == "internal":
        return balancer
    zones = len(resource.each("Subnets")) or len(resource.each("SubnetMappings"))
    return balancer.plus(resource.month(f"{zones} public addresses", "public_ipv4_hour", zones))


def _endpoint(resource: Priced) -> Part | None:
    """An interface endpoint by zone; a gateway endpoint, which is the default, costs nothing."""
    if resource.get("VpcEndpointType") != "Interface":
        return None
    zones = len(resource.each("SubnetIds"))
    return resource.month(f"interface endpoint in {zones} zones", "interface_endpoint_zone_hour", zones)


def _replication_group(resource: Priced) -> Part:
    """By node: a primary and its replicas in each shard."""
    shards = resource.count("NumNodeGroups", default=1)
    each = 1 + resource.count("ReplicasPerNodeGroup", default=0)
    return _nodes(resource, resource.count("NumCacheClusters", default=shards * each))


def _cache_cluster(resource: Priced) -> Part:
    return _nodes(resource, resource.count("NumCacheNodes", default=1))


def _nodes(resource: Priced, count: float) -> Part:
    node, engine = text(resource.get("CacheNodeType")), text(resource.get("Engine") or "redis")
    usd = cache_node(resource.prices, resource.template.region, node, engine)
    hours = resource.prices.hours_a_month
    return Part(f"{count:g} × {node} ({engine})", None if usd is None else usd * count * hours)


def _database_instance(resource: Priced) -> Part:
    """An instance of a serverless cluster, at the cluster's least capacity; one that may pause costs nothing then."""
    kind = text(resource.get("DBInstanceClass"))
    cluster = at(resource.template.resources, text(at(resource.get("DBClusterIdentifier"), "Ref")), "Properties")
    least = number(at(cluster, "ServerlessV2ScalingConfiguration", "MinCapacity"))
    if kind != "db.serverless" or least is None or at(cluster, "StorageType") not in {None, "aurora"}:
        return Part(f"{kind}, {text(at(cluster, 'StorageType') or 'aurora')}", None)
    return resource.month(f"{least:g} capacity units, the least", "aurora_capacity_unit_hour", least)


def _web_acl(resource: Priced) -> Part:
    rules = len(resource.each("Rules"))
    return resource.month("web ACL", "web_acl_month").plus(
        resource.month(f"{rules} rules", "web_acl_rule_month", rules)
    )


def _secret(resource: Priced) -> Part:
    copies = 1 + len(resource.each("ReplicaRegions"))
    return resource.month(f"secret in {copies} regions", "secret_month", copies)


def _flat(what: str, price: str) -> Callable[[Priced], Part]:
    return lambda resource: resource.month(what, price)


PRICED: Mapping[str, Callable[[Priced], Part | None]] = {
    "AWS::CloudWatch::CompositeAlarm": _flat("composite alarm", "composite_alarm_month"),
    "AWS::CloudWatch::Dashboard": _flat("dashboard", "dashboard_month"),
    "AWS::EC2::EIP": _flat("public address", "public_ipv4_hour"),
    "AWS::EC2::NatGateway": _flat("NAT gateway", "nat_gateway_hour"),
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::ElastiCache::CacheCluster": _cache_cluster,
    "AWS::ElastiCache::ReplicationGroup": _replication_group,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _load_balancer,
    "AWS::KMS::Key": _flat("key", "kms_key_month"),
    "AWS::RDS::DBInstance": _database_instance,
    "AWS::Route53::HostedZone": _flat("hosted zone", "hosted_zone_month"),
    "AWS::SecretsManager::Secret": _secret,
    "AWS::WAFv2::WebACL": _web_acl,
}
HIGH_RESOLUTION_SECONDS = 60
"""An alarm that looks more often than this costs more."""


def _alarms(template: Template, prices: Prices) -> Part | None:
    """By the metrics that they look at, of which an expression may have several."""
    usual, often = 0, 0
    for logical_id in _of(template, "AWS::CloudWatch::Alarm"):
        alarm = Priced(template, logical_id, prices)
        metrics = sum(at(metric, "MetricStat") is not None for metric in alarm.each("Metrics")) or 1
        fast = alarm.count("Period", default=HIGH_RESOLUTION_SECONDS) < HIGH_RESOLUTION_SECONDS
        usual, often = (usual, often + metrics) if fast else (usual + metrics, often)
    if not usual + often:
        return None
    price = (prices.month("alarm_metric_month", template.region, usual) or 0) + (
        prices.month("alarm_metric_high_resolution_month", template.region, often) or 0
    )
    return Part(f"{usual + often} metrics under alarms", price)


def _custom_metrics(template: Template, prices: Prices) -> Part | None:
    """Counts of log lines: each costs only in hours in which it has a value, so this is the most that they can."""
    names = {
        (text(at(metric, "MetricNamespace")), text(at(metric, "MetricName")))
        for logical_id in _of(template, "AWS::Logs::MetricFilter")
        for metric in Priced(template, logical_id, prices).each("MetricTransformations")
    }
    if not names:
        return None
    usd = prices.month("custom_metric_month", template.region, len(names))
    return Part(f"{len(names)} custom metrics, at most", usd)


def _of(template: Template, kind: str) -> list[str]:
    return [name for name, resource in template.resources.items() if resource["Type"] == kind]


SUMMED: Mapping[str, Callable[[Template, Prices], Part | None]] = {
    "alarms": _alarms,
    "custom metrics": _custom_metrics,
}
"""What costs little each and stands in a template many times: one line a stack."""
