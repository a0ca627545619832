import json
from typing import Any

import pytest

from stacks.config import STAGES
from stacks.config_data import CacheConfig
from tests.stacks.synthesis import Synthesized, Template, refers_to
from tests.stacks.variants import VARIANTS, synthesize_variant


def replication_groups(data: Template) -> dict[str, dict[str, Any]]:
    """Replication groups by what they are for."""
    return {
        group["ReplicationGroupDescription"].split()[0]: group
        for group in data.all("ElastiCache::ReplicationGroup").values()
    }


def settings(stage: str) -> dict[str, CacheConfig]:
    """Settings of the replication groups that a stage has."""
    config = STAGES[stage]
    return {"cache": config.cache} | ({"sessions": config.sessions} if config.sessions else {})


def test_a_stage_has_a_replication_group_for_each_setting(data: Template, stage: str) -> None:
    assert {*replication_groups(data)} == {*settings(stage)}


def test_replication_groups_are_what_the_settings_say(data: Template, stage: str) -> None:
    for name, config in settings(stage).items():
        group = replication_groups(data)[name]
        assert group["Engine"] == config.engine
        assert group["EngineVersion"] == config.engine_version
        assert group["CacheNodeType"] == config.node_type
        assert group["NumCacheClusters"] == 1 + config.replicas
        assert group["AutomaticFailoverEnabled"] is bool(config.replicas)
        assert group["MultiAZEnabled"] is config.multi_az
        assert group["SnapshotRetentionLimit"] == config.snapshot_retention_days
        assert group["SnapshotWindow"] == config.snapshot_window
        assert group["PreferredMaintenanceWindow"] == config.maintenance_window
        assert group["AutoMinorVersionUpgrade"] is False


def test_redis_is_encrypted_on_its_way_and_at_rest(data: Template) -> None:
    for group in replication_groups(data).values():
        assert group["TransitEncryptionEnabled"] is True
        assert group["TransitEncryptionMode"] == "required"
        assert group["AtRestEncryptionEnabled"] is True


def test_redis_has_no_password(data: Template) -> None:
    assert not [group for group in replication_groups(data).values() if "AuthToken" in group]


def test_prod_survives_the_loss_of_a_zone_and_keeps_sessions() -> None:
    for config in settings("prod").values():
        assert config.replicas
        assert config.multi_az
    assert settings("prod")["sessions"].eviction_policy == "noeviction"
    assert settings("prod")["sessions"].snapshot_retention_days


def test_parameters_are_the_settings(data: Template, stage: str) -> None:
    for name, config in settings(stage).items():
        (parameters,) = refers_to(replication_groups(data)[name]["CacheParameterGroupName"])
        group = data.all("ElastiCache::ParameterGroup")[parameters]
        assert group["CacheParameterGroupFamily"] == "valkey8"
        assert group["Properties"] == {
            "maxmemory-policy": config.eviction_policy,
            "timeout": str(config.idle_timeout_seconds),
            "slowlog-log-slower-than": str(config.slow_log_microseconds),
        }


@pytest.mark.parametrize(
    ("variant", "families"),
    [("redis", {"redis7"}), ("memcached", {"memcached1.6", "valkey9"}), ("three zones", {"valkey8"})],
)
def test_parameter_groups_are_of_the_family_of_the_version(variant: str, families: set[str]) -> None:
    data = synthesize_variant(variant).template("Data")
    groups = data.all("ElastiCache::ParameterGroup").values()
    assert {group["CacheParameterGroupFamily"] for group in groups} == families


def test_every_parameter_and_subnet_group_is_used(data: Template) -> None:
    for kind, name in (("ParameterGroup", "CacheParameterGroupName"), ("SubnetGroup", "CacheSubnetGroupName")):
        used = [refers_to(group[name]) for group in replication_groups(data).values()]
        assert set[str]().union(*used) == {*data.all(f"ElastiCache::{kind}")}


def test_nodes_stand_in_the_data_subnets(synthesized: Synthesized, data: Template) -> None:
    for group in data.all("ElastiCache::SubnetGroup").values():
        assert all("DataSubnet" in subnet for subnet in synthesized.origins("Data", group["SubnetIds"]))


def test_slow_commands_and_the_engines_words_are_logged_for_a_while(data: Template, stage: str) -> None:
    for name, config in settings(stage).items():
        deliveries = {
            delivery["LogType"]: delivery for delivery in replication_groups(data)[name]["LogDeliveryConfigurations"]
        }
        assert {*deliveries} == {"slow-log", "engine-log"}
        for delivery in deliveries.values():
            assert delivery["LogFormat"] == "json"
            assert delivery["DestinationType"] == "cloudwatch-logs"
            (log_group,) = refers_to(delivery["DestinationDetails"])
            assert data.all("Logs::LogGroup")[log_group]["RetentionInDays"] == config.log_days


def signs_in_at(synthesized: Synthesized, function: str) -> tuple[set[str], list[str]]:
    """The replication groups where a function of the Web stack may sign in, and all ARNs that it may do so at."""
    web = synthesized.template("Web")
    (statement,) = (
        statement
        for statement in web.statements(web.named(f"{function}Role", "IAM::Role"), "Allow")
        if statement["Action"] == "elasticache:Connect"
    )
    where = synthesized.origins("Web", statement["Resource"]) - {"Web/AWS::AccountId"}
    return where, [json.dumps(arn) for arn in statement["Resource"]]


@pytest.mark.parametrize(("function", "user"), [("BlogApplication", "blog"), ("ConsoleFunction", "console")])
def test_who_signs_in_does_so_as_one_user_at_these_groups(
    synthesized: Synthesized, data: Template, stage: str, function: str, user: str
) -> None:
    groups = {f"Data/{name}" for name in data.all("ElastiCache::ReplicationGroup")}
    where, arns = signs_in_at(synthesized, function)
    assert where == {"blog": groups, "console": {name for name in groups if "Cache" in name}}[user]
    users = [arn for arn in arns if f":user:edgepost-{stage}-{user}" in arn]
    assert len(users) == 1
    assert all(":replicationgroup:" in arn and "*" not in arn for arn in {*arns} - {*users})


@pytest.fixture(scope="module")
def memcached() -> Template:
    return synthesize_variant("memcached").template("Data")


def test_memcached_stands_in_for_the_cache_alone(memcached: Template) -> None:
    cluster = memcached.one("ElastiCache::CacheCluster")
    config = VARIANTS["memcached"].cache
    assert cluster["Engine"] == "memcached"
    assert cluster["EngineVersion"] == config.engine_version
    assert cluster["CacheNodeType"] == config.node_type
    assert cluster["NumCacheNodes"] == 1
    assert cluster["PreferredMaintenanceWindow"] == config.maintenance_window
    assert {*replication_groups(memcached)} == {"sessions"}


def test_memcached_is_encrypted_on_its_way(memcached: Template) -> None:
    assert memcached.one("ElastiCache::CacheCluster")["TransitEncryptionEnabled"] is True


def test_memcached_has_groups_of_its_own(memcached: Template) -> None:
    cluster = memcached.one("ElastiCache::CacheCluster")
    (parameters,) = refers_to(cluster["CacheParameterGroupName"])
    assert memcached.all("ElastiCache::ParameterGroup")[parameters]["Properties"] == {"idle_timeout": "600"}
    assert refers_to(cluster["CacheSubnetGroupName"]) < {*memcached.all("ElastiCache::SubnetGroup")}
    assert refers_to(cluster["VpcSecurityGroupIds"]) == {
        memcached.named("MemcachedSecurityGroup", "EC2::SecurityGroup")
    }


def test_the_blog_signs_in_at_redis_and_not_at_memcached() -> None:
    web = synthesize_variant("memcached").template("Web")
    variables = web.all("Lambda::Function")[web.named("BlogApplication", "Lambda::Function")]["Environment"][
        "Variables"
    ]
    assert variables["CACHE_ENGINE"] == "memcached"
    assert variables["CACHE_NAME"] == variables["CACHE_USER"] == ""
    assert variables["SESSIONS_USER"] == "edgepost-dev-blog"
    variant = synthesize_variant("memcached")
    groups = {f"Data/{name}" for name in variant.template("Data").all("ElastiCache::ReplicationGroup")}
    assert signs_in_at(variant, "BlogApplication")[0] == groups


def test_people_look_at_the_sessions_beside_a_memcached() -> None:
    variant = synthesize_variant("memcached")
    web = variant.template("Web")
    console = web.all("Lambda::Function")[web.named("ConsoleFunction", "Lambda::Function")]
    assert variant.origins("Web", console["Environment"]["Variables"]["REDIS_HOST"]) == {
        f"Data/{name}" for name in variant.template("Data").all("ElastiCache::ReplicationGroup")
    }
