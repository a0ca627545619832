import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cfnlint  # pyright: ignore[reportMissingTypeStubs]
import pytest

from stacks.config import STAGES
from stacks.config_data import AURORA_MINORS, CacheConfig, DatabaseConfig
from stacks.elasticache_catalog import NODE_TYPES, VERSIONS
from stacks.settings import ConfigError

VALKEY = "7.2, 8.0, 8.1, 8.2, 9.0, 9.1"
# What cfn-lint ships is taken from AWS's own lists; what it ships for one type it does not check for another.
LISTS = Path(cfnlint.__file__).parent / "data" / "schemas" / "extensions"


def refused(**settings: Any) -> str:
    with pytest.raises(ConfigError) as error:
        replace(STAGES["dev"], **settings)
    return str(error.value).removesuffix(' in STAGES["dev"]')


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "keydb"}, "engine 'keydb' is none of valkey, redis, memcached; set engine"),
        (
            {"engine_version": "8.3"},
            f"engine_version '8.3' is none of valkey's versions ({VALKEY}); set engine_version",
        ),
        (
            {"engine": "redis", "engine_version": "6.2"},
            "engine_version '6.2' is none of redis's versions (7.0, 7.1); set engine_version",
        ),
        (
            {"node_type": "cache.t4g.large"},
            "node_type 'cache.t4g.large' has none of the sizes micro, small, medium; set node_type",
        ),
        ({"replicas": 6}, "replicas 6 is not within 0 to 5; set replicas"),
        ({"multi_az": True}, "multi_az needs a replica in another zone, and replicas is 0; set replicas"),
        (
            {"snapshot_retention_days": 36},
            "snapshot_retention_days 36 is not within 0 to 35; set snapshot_retention_days",
        ),
        (
            {"snapshot_window": "17:00-17:30"},
            "snapshot_window '17:00-17:30' is not hh:mm-hh:mm of 60 minutes or more; set snapshot_window",
        ),
        (
            {"snapshot_window": "18:30-19:30"},
            "snapshot_window '18:30-19:30' overlaps maintenance_window 'sun:18:00-sun:19:00'; set snapshot_window",
        ),
        (
            {"idle_timeout_seconds": -1},
            "idle_timeout_seconds -1 is not within 0 to 86400; set idle_timeout_seconds",
        ),
    ],
)
def test_a_cache_that_elasticache_does_not_offer_is_one_clear_error(settings: dict[str, Any], message: str) -> None:
    assert refused(cache=CacheConfig(**settings)) == message


def test_an_unknown_family_of_node_types_is_told_beside_the_known_ones() -> None:
    message = refused(cache=CacheConfig(node_type="cache.m5g.large"))
    assert message.startswith("node_type 'cache.m5g.large' is of none of valkey's families of node types (cache.t3, ")
    assert "cache.m8g" in message


def test_redis_oss_does_not_have_the_newest_node_types() -> None:
    message = refused(cache=CacheConfig(engine="redis", engine_version="7.1", node_type="cache.m8g.large"))
    assert message.endswith("cache.r6g, cache.r7g, cache.c7gn); set node_type")


@pytest.mark.parametrize(("setting", "value"), [("replicas", 1), ("multi_az", True), ("snapshot_retention_days", 1)])
def test_what_memcached_does_not_have_is_refused(setting: str, value: Any) -> None:
    cache = CacheConfig(engine="memcached", engine_version="1.6.22", **{setting: value})
    assert refused(cache=cache, sessions=CacheConfig()) == f"{setting} {value} is not for memcached; set {setting}"


def test_sessions_are_never_in_memcached() -> None:
    memcached = CacheConfig(engine="memcached", engine_version="1.6.22")
    assert refused(cache=memcached) == (
        "sessions need Redis, and the cache is memcached; set sessions to a CacheConfig of its own"
    )
    assert refused(sessions=memcached) == (
        "sessions' engine 'memcached' would lose them at any time; set sessions' engine"
    )
    replace(STAGES["dev"], cache=memcached, sessions=CacheConfig())


def test_sessions_have_the_engine_of_the_cache() -> None:
    redis = CacheConfig(engine="redis", engine_version="7.1")
    message = "sessions' engine 'redis' is not that of the cache, 'valkey'; set sessions' engine"
    assert refused(sessions=redis) == message
    replace(STAGES["dev"], cache=redis, sessions=redis)


def test_the_settings_of_sessions_are_checked_too() -> None:
    assert refused(sessions=CacheConfig(multi_az=True)).startswith("multi_az needs a replica")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_capacity": 0.3}, "min_capacity 0.3 is not in steps of 0.5; set min_capacity"),
        ({"max_capacity": 1.25}, "max_capacity 1.25 is not in steps of 0.5; set max_capacity"),
        ({"max_capacity": 256.5}, "max_capacity 256.5 is not within 1.0 to 256.0; set max_capacity"),
        ({"min_capacity": 4, "max_capacity": 2}, "min_capacity 4 is above max_capacity 2; set max_capacity"),
        ({"pause_after_minutes": 4}, "pause_after_minutes 4 is not within 5 to 1440; set pause_after_minutes"),
        ({"readers": 16}, "readers 16 is not within 0 to 15; set readers"),
        ({"backup_days": 0}, "backup_days 0 is not within 1 to 35; set backup_days"),
        (
            {"backup_window": "18:00-18:29"},
            "backup_window '18:00-18:29' is not hh:mm-hh:mm of 30 minutes or more; set backup_window",
        ),
        (
            {"maintenance_window": "mon:17:30-mon:18:00"},
            "backup_window '17:00-18:00' overlaps maintenance_window 'mon:17:30-mon:18:00'; set backup_window",
        ),
        (
            {"performance_insights": True, "min_capacity": 1.5},
            "performance_insights needs a min_capacity of 2 or more, not 1.5; set min_capacity",
        ),
    ],
)
def test_a_database_that_aurora_does_not_offer_is_one_clear_error(settings: dict[str, Any], message: str) -> None:
    assert refused(database=DatabaseConfig(**settings)) == message


@pytest.mark.parametrize("version", ["16.2", "15.6", "17", "14.12", "19.1"])
def test_a_version_that_is_not_offered_or_cannot_scale_to_zero_is_refused(version: str) -> None:
    message = refused(database=DatabaseConfig(engine_version=version))
    assert message.startswith(f"engine_version {version!r} is none of Aurora PostgreSQL's versions (15.10, ")


def test_every_offered_version_of_aurora_can_scale_to_zero() -> None:
    oldest = {"15": 7, "16": 3}  # "Scaling to Zero ACUs with automatic pause and resume"
    assert all(min(AURORA_MINORS[major]) >= minor for major, minor in oldest.items())


def test_the_catalog_has_the_versions_that_aws_offers_for_what_we_need() -> None:
    listed = enums("aws_elasticache_cachecluster/engine_version.json", "EngineVersion")
    assert {*VERSIONS["valkey"]} == {*listed["valkey"]}
    assert {*VERSIONS["redis"]} == {version for version in listed["redis"] if version >= "7.0"}
    assert {*VERSIONS["memcached"]} == {version for version in listed["memcached"] if numbers(version) >= (1, 6, 12)}


def test_the_catalog_has_the_node_types_that_aws_sells() -> None:
    by_region: dict[str, Any] = json.loads((LISTS / "aws_elasticache_cachecluster/cachenodetype_enum.json").read_text())
    sold = {node_type for region in by_region.values() if "enum" in region for node_type in region["enum"]}
    offered = {f"{family}.{size}" for family, sizes in NODE_TYPES["valkey"].items() for size in sizes}
    left_out = {node_type for node_type in sold if node_type.startswith(("cache.t2.", "cache.r6gd."))}
    assert offered == sold - left_out
    assert NODE_TYPES["memcached"] == NODE_TYPES["valkey"]
    assert NODE_TYPES["redis"].items() < NODE_TYPES["valkey"].items()


def test_the_catalog_has_the_versions_of_aurora_that_a_new_cluster_can_have() -> None:
    listed = enums("aws_rds_dbcluster/engine_version.json", "EngineVersion")["aurora-postgresql"]
    gone = json.loads((LISTS / "aws_rds_dbcluster/engine_version_deprecated.json").read_text())
    (ended,) = (
        entry["if"]["properties"]["EngineVersion"]["enum"]
        for entry in gone["allOf"]
        if entry["if"]["properties"]["Engine"].get("const") == "aurora-postgresql"
    )
    current = {version for version in {*listed} - {*ended} if version.replace(".", "").isdigit() and "." in version}
    offered = {f"{major}.{minor}" for major, minors in AURORA_MINORS.items() for minor in minors}
    assert offered == {version for version in current if numbers(version) >= (15,)}


def enums(file: str, name: str) -> dict[str, Iterable[str]]:
    """Values of a property by engine."""
    rules = json.loads((LISTS / file).read_text())["allOf"]
    return {
        rule["if"]["properties"]["Engine"]["const"]: rule["then"]["properties"][name]["enum"]
        for rule in rules
        if name in rule["then"]["properties"]
    }


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
