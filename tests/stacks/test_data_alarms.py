"""Alarms on the nodes of caches and on the database."""

from typing import Any

import pytest

from stacks.config import STAGES
from stacks.config_data import CacheConfig, DatabaseConfig
from stacks.database_alarms import most_connections
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.variants import synthesize_variant

LASTING = ("Busy1", "EngineBusy")
OF_REDIS = {
    "CPUUtilization": "cache_cpu_percent",
    "EngineCPUUtilization": "cache_engine_percent",
    "CurrConnections": "cache_connections",
}
OF_MEMCACHED = {
    "CPUUtilization": 90.0,
    "SwapUsage": 50 * 2**20,
    "Evictions": 1_000,
    "CurrConnections": 5_000,
}


def alarms(data: Template, beginning: str) -> dict[str, Any]:
    """Alarms whose logical ids begin so, by the rest of it without the hash."""
    return {
        name.removeprefix(beginning)[:-8]: alarm
        for name, alarm in data.all("CloudWatch::Alarm").items()
        if name.startswith(beginning)
    }


def looks_at(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm, whether it computes with them or not."""
    computed = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    return computed or [alarm]


def caches(stage: str) -> dict[str, CacheConfig]:
    config = STAGES[stage]
    return {"Cache": config.cache} | ({"Sessions": config.sessions} if config.sessions else {})


def test_each_redis_is_watched_by_what_elasticache_advises(data: Template, stage: str) -> None:
    config = STAGES[stage].alarms
    for name, settings in caches(stage).items():
        found = alarms(data, name)
        for metric, setting in OF_REDIS.items():
            (threshold,) = {each["Threshold"] for each in found.values() if looks_at(each)[0]["MetricName"] == metric}
            assert threshold == getattr(config, setting)
        assert ("ReplicaBehind" in found) is (settings.replicas > 0)
        assert all(found[each]["EvaluationPeriods"] == 3 for each in LASTING)


def test_a_redis_that_evicts_is_watched_for_evictions_and_one_that_does_not_for_memory(
    data: Template, stage: str
) -> None:
    for name, settings in caches(stage).items():
        keeps = settings.eviction_policy == "noeviction"
        assert {"MemoryUsed", "Evictions"} & {*alarms(data, name)} == {"MemoryUsed" if keeps else "Evictions"}


def test_every_node_of_a_redis_is_watched(data: Template, stage: str) -> None:
    for name, settings in caches(stage).items():
        group = data.named(f"{name}ReplicationGroup", "ElastiCache::ReplicationGroup")
        nodes = [{"Fn::Join": ["", [{"Ref": group}, f"-{number:03}"]]} for number in range(1, settings.replicas + 2)]
        found = alarms(data, name)
        of_hosts = [found.pop(f"Busy{number}") for number in range(1, settings.replicas + 2)]
        assert [each["Dimensions"] for each in of_hosts] == [_node(node) for node in nodes]
        for alarm in found.values():
            assert [metric["Dimensions"] for metric in looks_at(alarm)] == [_node(node) for node in nodes]
        worst = [each for each in found["EngineBusy"].get("Metrics", []) if "Expression" in each]
        assert [each["Expression"] for each in worst] == (["MAX([node1, node2])"] if settings.replicas else [])


def test_a_memcached_is_watched_by_what_elasticache_advises() -> None:
    data = synthesize_variant("memcached").template("Data")
    cluster = {"Ref": data.named("MemcachedCluster", "ElastiCache::CacheCluster")}
    found = alarms(data, "Memcached")
    assert {each["MetricName"]: each["Threshold"] for each in found.values()} == OF_MEMCACHED
    assert all(each["Dimensions"] == _node(cluster) for each in found.values())


def test_each_instance_of_the_database_is_watched(data: Template, stage: str) -> None:
    config, settings = STAGES[stage].alarms, STAGES[stage].database
    names = ["Writer", *(f"Reader{number}" for number in range(1, settings.readers + 1))]
    for name in names:
        found = alarms(data, f"Database{name}")
        instance = data.named(f"Database{name}", "RDS::DBInstance")
        assert all(refers_to(each["Dimensions"]) == {instance} for each in found.values())
        assert {each["MetricName"]: each["Threshold"] for each in found.values()} == {
            "CPUUtilization": config.database_cpu_percent,
            "ACUUtilization": config.database_capacity_percent,
            "DatabaseConnections": int(most_connections(settings) * config.database_connection_percent / 100),
        }


def test_readers_are_watched_for_being_behind_where_there_are_any(data: Template, stage: str) -> None:
    found = alarms(data, "DatabaseReaderBehind")
    assert len(found) == bool(STAGES[stage].database.readers)
    for alarm in found.values():
        assert (alarm["MetricName"], alarm["Threshold"]) == ("AuroraReplicaLagMaximum", 1000)
        assert refers_to(alarm["Dimensions"]) == {*data.all("RDS::DBCluster")}


@pytest.mark.parametrize(
    ("least", "most", "connections"),
    # As "Performance and scaling for Aurora Serverless v2" has them, or a few less.
    [(0, 1, 189), (0, 2, 378), (0.5, 8, 1_512), (0.5, 16, 2_000), (1, 16, 3_024), (1, 64, 5_000)],
)
def test_an_instance_takes_as_many_connections_as_its_largest_size_allows(
    least: float, most: float, connections: int
) -> None:
    assert most_connections(DatabaseConfig(min_capacity=least, max_capacity=most)) == connections


def _node(node: object) -> list[dict[str, object]]:
    return [{"Name": "CacheClusterId", "Value": node}]
