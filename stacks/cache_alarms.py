"""Alarms on the nodes of a cache."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Sequence
from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.alarms import LASTING, alarm
from stacks.config import AlarmConfig
from stacks.config_data import CacheConfig

ADVICE = '"Which Metrics Should I Monitor?"'
MIB = 2**20


def redis_alarms(
    scope: Construct, nodes: Sequence[str], settings: CacheConfig, config: AlarmConfig
) -> list[cloudwatch.Alarm]:
    """Define alarms on each node's CPU, and on the worst node's engine, memory, connections and lag.

    Memory that is full is an alarm where nothing is evicted; elsewhere it is what a cache is for, and evictions are.
    """
    watch = partial(alarm, scope, config=config)
    full = (
        watch(
            "MemoryUsed",
            _worst("DatabaseMemoryUsagePercentage", nodes),
            threshold=config.cache_memory_percent,
            reason="memory is nearly full, and when it is, nothing more can be written",
            source=f"setting cache_memory_percent, by {ADVICE}",
            section="redis-is-nearly-full",
        )
        if settings.eviction_policy == "noeviction"
        else _evictions(scope, nodes, config)
    )
    engine = watch(
        "EngineBusy",
        _worst("EngineCPUUtilization", nodes),
        threshold=config.cache_engine_percent,
        reason="the engine is busy all the time, so that commands wait",
        source=f"setting cache_engine_percent, by {ADVICE}",
        section="the-cache-is-busy",
        periods=LASTING,
    )
    common = [*_cpu(scope, nodes, config), engine, full, _connections(scope, nodes, config)]
    if len(nodes) == 1:
        return common
    lag = watch(
        "ReplicaBehind",
        _worst("ReplicationLag", nodes),
        threshold=config.cache_lag_seconds,
        reason="a replica is behind its primary: what it lacks would be lost by a failover",
        source=f"setting cache_lag_seconds, by {ADVICE}",
        section="a-redis-replica-is-behind",
        periods=LASTING,
    )
    return [*common, lag]


def memcached_alarms(scope: Construct, node: str, config: AlarmConfig) -> list[cloudwatch.Alarm]:
    """Define alarms on the node's CPU, swap, evictions and connections."""
    swap = alarm(
        scope,
        "Swapping",
        _metric("SwapUsage", node),
        config=config,
        threshold=config.cache_swap_mib * MIB,
        reason="the node has too little memory for its connections, and swaps",
        source=f"setting cache_swap_mib, by {ADVICE}",
        section="memcached-swaps",
    )
    return [*_cpu(scope, [node], config), swap, _evictions(scope, [node], config), _connections(scope, [node], config)]


def _cpu(scope: Construct, nodes: Sequence[str], config: AlarmConfig) -> list[cloudwatch.Alarm]:
    return [
        alarm(
            scope,
            f"Busy{number}",
            _metric("CPUUtilization", node),
            config=config,
            threshold=config.cache_cpu_percent,
            reason="the node is busy all the time, or is gone: it tells nothing",
            source=f"setting cache_cpu_percent, by {ADVICE}",
            section="the-cache-is-busy",
            periods=LASTING,
            # A node tells every minute ("Monitoring use with CloudWatch Metrics").
            silence_alarms=True,
        )
        for number, node in enumerate(nodes, start=1)
    ]


def _evictions(scope: Construct, nodes: Sequence[str], config: AlarmConfig) -> cloudwatch.Alarm:
    return alarm(
        scope,
        "Evictions",
        _worst("Evictions", nodes, statistic="Sum"),
        config=config,
        threshold=config.cache_evictions,
        reason="the cache is too small: much of it goes before its time, sessions too where they share it",
        source=f"setting cache_evictions, by {ADVICE}",
        section="the-cache-evicts-much",
    )


def _connections(scope: Construct, nodes: Sequence[str], config: AlarmConfig) -> cloudwatch.Alarm:
    return alarm(
        scope,
        "Connections",
        _worst("CurrConnections", nodes),
        config=config,
        threshold=config.cache_connections,
        reason="many connections are open, and a node takes no more than 65,000",
        source=f"setting cache_connections, by {ADVICE}",
        section="the-cache-has-many-connections",
    )


def _worst(
    name: str, nodes: Sequence[str], *, statistic: str = "Maximum"
) -> cloudwatch.Metric | cloudwatch.MathExpression:
    metrics = [_metric(name, node, statistic=statistic) for node in nodes]
    if len(metrics) == 1:
        return metrics[0]
    named = {f"node{number}": metric for number, metric in enumerate(metrics, start=1)}
    return cloudwatch.MathExpression(
        expression=f"MAX([{', '.join(named)}])",
        label=f"{name} of the worst node",
        using_metrics=named,
        period=metrics[0].period,
    )


def _metric(name: str, node: str, *, statistic: str = "Maximum") -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/ElastiCache",
        metric_name=name,
        dimensions_map={"CacheClusterId": node},
        # A single busy minute is nothing.
        statistic="Average" if "CPU" in name else statistic,
        period=Duration.minutes(5),
    )
