import json
from datetime import date
from typing import Any

import pytest

from review.cost import FILE, compare, load
from review.model import Cost, CostLine
from review.prices import cache_node
from review.sides import Side
from stacks.config import STAGES
from stacks.elasticache_catalog import NODE_TYPES
from tests.review.pairs import bodies, changed, project, properties

REGIONS = sorted({stage.region for stage in STAGES.values()} | {"us-east-1"})


def cost_of(**resources: dict[str, Any]) -> Cost:
    """What a template with only these costs, in the home region."""
    pair = bodies({"Resources": {}}, {"Resources": resources})
    return compare(pair.base, pair.head)


def line(cost: Cost, item: str) -> CostLine:
    """The only line about something."""
    (found,) = (line for line in cost.lines if item in line.item)
    return found


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_everything_that_a_stage_has_is_priced_paid_by_use_or_free(stage: str) -> None:
    cost = compare(project(stage), project(stage))
    assert not [text for text in cost.unpriced if "no price of" in text or "does not know" in text]
    assert all(line.before_usd == line.after_usd for line in cost.lines)
    kinds = {"load balancer", "cache.t4g.micro", "capacity units", "endpoint", "web ACL", "hosted zone", "key"}
    assert all(any(kind in line.item for line in cost.lines) for kind in kinds)


def test_a_load_balancer_costs_by_the_hour_of_its_region() -> None:
    assert line(compare(Side({}), project()), "load balancer").after_usd == round(0.0243 * 730, 2)


def test_one_that_faces_the_internet_pays_for_its_addresses_too() -> None:
    pair = changed("Web", lambda body: properties(body, "ElasticLoadBalancingV2::LoadBalancer").update(Scheme="x"))
    found = line(compare(pair.base, pair.head), "load balancer")
    zones = STAGES["dev"].network.zones
    assert found.after_usd - found.before_usd == pytest.approx(0.005 * 730 * len(zones), abs=0.01)


def test_one_more_cache_node_of_a_larger_type_is_one_line_with_both() -> None:
    larger = {"CacheNodeType": "cache.t4g.medium", "NumCacheClusters": 2}
    pair = changed("Data", lambda body: properties(body, "ElastiCache::ReplicationGroup").update(larger))
    found = line(compare(pair.base, pair.head), "cache.t4g.medium")
    assert found.item == "1 × cache.t4g.micro (valkey) → 2 × cache.t4g.medium (valkey)"
    assert found.before_usd == round(0.8 * 0.025 * 730, 2)
    assert found.after_usd == round(2 * 0.8 * 0.098 * 730, 2)
    assert found.resource.startswith("Data/")


def test_a_node_type_without_a_price_is_no_saving() -> None:
    unknown = {"CacheNodeType": "cache.r8g.large"}
    pair = changed("Data", lambda body: properties(body, "ElastiCache::ReplicationGroup").update(unknown))
    cost = compare(pair.base, pair.head)
    assert not [line for line in cost.lines if "cache." in line.item]
    (told,) = (text for text in cost.unpriced if "no price of" in text)
    assert told.startswith("dev/Data/")
    assert told.endswith("no price of 1 × cache.r8g.large (valkey) in ap-northeast-1")


def test_a_setting_that_costs_nothing_changes_no_line() -> None:
    pair = changed("Data", lambda body: properties(body, "ElastiCache::ReplicationGroup").update(SnapshotWindow="x"))
    cost = compare(pair.base, pair.head)
    assert [line for line in cost.lines if line.before_usd != line.after_usd] == []


def test_shards_and_their_replicas_are_all_nodes() -> None:
    sharded = {"CacheNodeType": "cache.r5.large", "NumNodeGroups": 2, "ReplicasPerNodeGroup": 1, "Engine": "redis"}
    cost = cost_of(C={"Type": "AWS::ElastiCache::ReplicationGroup", "Properties": sharded})
    assert line(cost, "4 × cache.r5.large (redis)").after_usd == round(4 * 0.259 * 730, 2)


def test_a_memcached_node_costs_what_a_redis_node_does() -> None:
    node = {"CacheNodeType": "cache.t3.micro", "NumCacheNodes": 1, "Engine": "memcached"}
    cost = cost_of(C={"Type": "AWS::ElastiCache::CacheCluster", "Properties": node})
    assert line(cost, "memcached").after_usd == round(0.026 * 730, 2)


def test_each_instance_of_the_database_costs_its_least_capacity() -> None:
    lines = [line for line in compare(Side({}), project("prod")).lines if "capacity units" in line.item]
    assert [line.after_usd for line in lines] == [0.5 * 0.2 * 730] * (1 + STAGES["prod"].database.readers)


def test_a_database_that_may_pause_costs_nothing_at_rest() -> None:
    paused = {"MinCapacity": 0, "MaxCapacity": 2}
    pair = changed(
        "Data",
        lambda body: properties(body, "RDS::DBCluster").update(ServerlessV2ScalingConfiguration=paused),
        stage="prod",
    )
    lines = [line for line in compare(pair.base, pair.head).lines if "capacity units" in line.item]
    assert {line.after_usd for line in lines} == {0.0}
    assert {line.before_usd for line in lines} == {73.0}


@pytest.mark.parametrize(
    ("kind", "edit"),
    [
        ("RDS::DBInstance", {"DBInstanceClass": "db.r8g.large"}),
        ("RDS::DBCluster", {"StorageType": "aurora-iopt1"}),
    ],
)
def test_a_database_that_the_table_does_not_know_has_no_price(kind: str, edit: dict[str, str]) -> None:
    pair = changed("Data", lambda body: properties(body, kind).update(edit))
    cost = compare(pair.base, pair.head)
    assert not [line for line in cost.lines if "capacity units" in line.item]
    assert any("no price of db." in text for text in cost.unpriced)


def test_an_interface_endpoint_costs_by_zone_and_a_gateway_endpoint_nothing() -> None:
    interface = {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b", "c"]}
    cost = cost_of(
        I={"Type": "AWS::EC2::VPCEndpoint", "Properties": interface},
        G={"Type": "AWS::EC2::VPCEndpoint", "Properties": {"RouteTableIds": ["r"]}},
    )
    (found,) = cost.lines
    assert (found.resource, found.after_usd) == ("I", round(3 * 0.014 * 730, 2))


def test_a_rule_more_in_the_web_acl_costs_a_dollar_more() -> None:
    pair = changed("Edge", lambda body: (rules := properties(body, "WAFv2::WebACL")["Rules"]).append(rules[0]))
    found = line(compare(pair.base, pair.head), "web ACL")
    assert found.after_usd - found.before_usd == 1.0


def test_a_secret_costs_in_each_region_that_it_is_copied_to() -> None:
    copied = {"ReplicaRegions": [{"Region": "us-east-1"}]}
    cost = cost_of(S={"Type": "AWS::SecretsManager::Secret", "Properties": copied})
    assert line(cost, "secret in 2 regions").after_usd == 0.8


def test_alarms_cost_by_the_metrics_that_they_look_at_in_one_line_a_stack() -> None:
    metrics = [{"Id": "sum", "Expression": "a + b"}, *({"Id": name, "MetricStat": {}} for name in "ab")]
    cost = cost_of(
        A={"Type": "AWS::CloudWatch::Alarm", "Properties": {"Period": 300}},
        B={"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": metrics}},
        C={"Type": "AWS::CloudWatch::Alarm", "Properties": {"Period": 10}},
    )
    (found,) = cost.lines
    assert (found.resource, found.item, found.after_usd) == ("alarms", "4 metrics under alarms", 0.6)


def test_two_filters_that_count_into_one_metric_are_one_metric() -> None:
    into = {"MetricTransformations": [{"MetricNamespace": "N", "MetricName": "paused", "MetricValue": "1"}]}
    cost = cost_of(**{name: {"Type": "AWS::Logs::MetricFilter", "Properties": into} for name in "AB"})
    assert line(cost, "1 custom metrics, at most").after_usd == 0.3


def test_what_the_table_does_not_know_is_told() -> None:
    cost = cost_of(X={"Type": "AWS::Redshift::Cluster"}, Y={"Type": "Custom::Thing"}, Z={"Type": "AWS::IAM::Role"})
    assert cost.lines == ()
    assert cost.unpriced == ("AWS::Redshift::Cluster: the price table does not know it",)


def test_what_is_removed_costs_nothing_after() -> None:
    pair = changed("Mail", lambda body: body["Resources"].clear())
    cost = compare(pair.base, pair.head)
    lines = [line for line in cost.lines if line.stack == "Mail"]
    assert lines
    assert {line.after_usd for line in lines} == {0.0}
    assert all(line.before_usd > 0 for line in lines)


def test_lines_are_sorted_and_the_same_each_time() -> None:
    cost = compare(Side({}), project())
    assert cost == compare(Side({}), project())
    assert list(cost.lines) == sorted(cost.lines, key=lambda line: (line.stage, line.stack, line.resource))
    assert list(cost.unpriced) == sorted(cost.unpriced)


@pytest.mark.parametrize("region", REGIONS)
def test_prices_of_each_region_in_use_are_there(region: str) -> None:
    assert all(load().month(name, region) for name in load().prices)
    used = {cache.node_type for stage in STAGES.values() for cache in (stage.cache, stage.sessions) if cache}
    assert all(cache_node(load(), region, node, "valkey") for node in used)


def test_each_price_names_its_page_and_its_month() -> None:
    table = json.loads(FILE.read_text())
    for price in [*table["prices"].values(), table["cache_nodes"]]:
        assert price["page"].startswith("https://aws.amazon.com/")
        assert date(2025, 1, 1) <= date.fromisoformat(f"{price['as_of']}-01") <= date(2027, 1, 1)
    assert load().source.startswith("Estimated from list prices of 2025-06 to ")


def test_a_size_that_the_table_does_not_have_follows_from_the_largest_that_it_has() -> None:
    sizes = load().cache_nodes.usd["ap-northeast-1"]["cache.t4g"]
    assert "small" not in sizes
    assert cache_node(load(), "ap-northeast-1", "cache.t4g.small", "redis") == sizes["medium"] / 2


def test_the_table_has_no_node_that_elasticache_does_not_offer() -> None:
    offered = {engine_family for families in NODE_TYPES.values() for engine_family in families.items()}
    for families in load().cache_nodes.usd.values():
        for family, sizes in families.items():
            assert any(family == name and {*sizes} <= {*offered_sizes} for name, offered_sizes in offered)


def test_sizes_in_proportion_meet_the_list_where_it_tells_them() -> None:
    nodes = load().cache_nodes
    for families in nodes.usd.values():
        for sizes in families.values():
            largest = max(sizes, key=lambda size: nodes.units[size])
            for size, usd in sizes.items():
                assert sizes[largest] * nodes.units[size] / nodes.units[largest] == pytest.approx(
                    usd, rel=0.005, abs=0.0015
                )
