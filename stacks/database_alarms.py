"""Alarms on the database: each instance, and the cluster."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Mapping
from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.alarms import LASTING, alarm
from stacks.config import AlarmConfig
from stacks.config_data import DatabaseConfig

ADVICE = '"Performance and scaling for Aurora Serverless v2"'


def database_alarms(
    scope: Construct, cluster: str, instances: Mapping[str, str], settings: DatabaseConfig, config: AlarmConfig
) -> list[cloudwatch.Alarm]:
    """Define alarms on each instance's CPU, capacity and connections, and on the lag of readers if there are any."""
    found = [
        each
        for name, instance in instances.items()
        for each in _instance_alarms(scope, name, instance, settings, config)
    ]
    if not settings.readers:
        return found
    lag = alarm(
        scope,
        "ReaderBehind",
        _metric("AuroraReplicaLagMaximum", DBClusterIdentifier=cluster),
        config=config,
        threshold=config.database_lag_ms,
        reason="a reader is behind the writer, and would take longer to take its place",
        source="setting database_lag_ms",
        section="a-database-reader-is-behind",
        periods=LASTING,
    )
    return [*found, lag]


def _instance_alarms(
    scope: Construct, name: str, instance: str, settings: DatabaseConfig, config: AlarmConfig
) -> list[cloudwatch.Alarm]:
    watch = partial(alarm, scope, config=config)
    of_instance = partial(_metric, DBInstanceIdentifier=instance)
    return [
        watch(
            f"{name}Busy",
            of_instance("CPUUtilization", statistic="Average"),
            threshold=config.database_cpu_percent,
            reason="the instance is busy all the time, or is gone: it tells nothing",
            source=f"setting database_cpu_percent, by {ADVICE}",
            section="the-database-is-busy",
            periods=LASTING,
            # One that may pause is silent, and nothing is wrong.
            silence_alarms=settings.min_capacity > 0,
        ),
        watch(
            f"{name}CapacityUsed",
            of_instance("ACUUtilization", statistic="Average"),
            threshold=config.database_capacity_percent,
            reason="the instance has grown to nearly all that max_capacity allows, in CPU or memory",
            source=f"setting database_capacity_percent, by {ADVICE}",
            section="the-database-is-as-large-as-it-may-be",
            periods=LASTING,
        ),
        watch(
            f"{name}Connections",
            of_instance("DatabaseConnections"),
            threshold=int(most_connections(settings) * config.database_connection_percent / 100),
            reason="the instance has nearly all the connections that it takes",
            source=f"setting database_connection_percent, of the connections that {ADVICE} gives max_capacity",
            section="the-database-has-many-connections",
        ),
    ]


def most_connections(settings: DatabaseConfig) -> int:
    """Return at least how many connections an instance takes.

    189 with a max_capacity of 1, and in proportion up to 5,000; no more than 2,000 where min_capacity is 0 or 0.5.
    """
    return min(int(189 * settings.max_capacity), 2_000 if settings.min_capacity < 1 else 5_000)


def _metric(name: str, *, statistic: str = "Maximum", **dimensions: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/RDS",
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=Duration.minutes(5),
    )
