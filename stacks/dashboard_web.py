"""The parts of the dashboard that show what readers reach: edge, load balancer, blog, and what the blog remembers."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from stacks.blog import EVENTS, FAILURES
from stacks.board import Board
from stacks.cache import RedisCache
from stacks.config import StageConfig
from stacks.config_edge import EDGE_REGION
from stacks.data import DataStack
from stacks.edge import EdgeStack
from stacks.graphs import HALF, QUARTER, counted, graph, measured
from stacks.web import WebStack

OF_REDIS = (
    ("memory used, %", "DatabaseMemoryUsagePercentage", "Maximum"),
    ("evictions", "Evictions", "Sum"),
    ("replicas behind, s", "ReplicationLag", "Maximum"),
)
"""What the library does not draw of Redis: title, metric, statistic."""


def show_edge(board: Board, *, config: StageConfig, edge: EdgeStack) -> None:
    """Draw the distribution and its web ACL, whose metrics are in another region."""
    board.heading(f"Edge, {EDGE_REGION}")
    distribution, additional = edge.site.distribution, config.edge.additional_metrics
    board.distribution("site", distribution, additional_metrics=additional)
    acl = {"WebACL": edge.web_acl.metric_name, "Rule": "ALL"}
    requests = [
        measured("AWS/WAFV2", name, label=label, region=EDGE_REGION, dimensions=acl)
        for name, label in (("AllowedRequests", "allowed"), ("BlockedRequests", "blocked"))
    ]
    site = {"DistributionId": distribution.distribution_id, "Region": "Global"}
    latency = [
        measured("AWS/CloudFront", "OriginLatency", label=how, statistic=how, region=EDGE_REGION, dimensions=site)
        for how in ("p50", "p90", "p99")
    ]
    limits = {"alarm": config.alarms.edge_origin_ms}
    board.row(
        graph("Web ACL: requests", requests, width=HALF, limits={"alarm": config.alarms.blocked_requests}),
        *([graph("Origin latency, ms", latency, width=HALF, limits=limits)] if additional else []),
    )


def show_web(board: Board, *, config: StageConfig, web: WebStack) -> None:
    """Draw the load balancer, and the blog behind it."""
    board.heading("Load balancer and blog")
    balancer = web.front.balancer.metrics
    of_functions = elbv2.HttpCodeTarget
    errors = [
        balancer.http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT, label="5xx of its own"),
        balancer.http_code_target(of_functions.TARGET_5XX_COUNT, label="5xx of functions"),
        balancer.http_code_target(of_functions.TARGET_4XX_COUNT, label="4xx of functions"),
    ]
    # The target group's own metrics take its name from the listener's ARN apart, which a weak reference cannot.
    blog = {
        "TargetGroup": web.blog.target_group.target_group_full_name,
        "LoadBalancer": web.front.balancer.load_balancer_full_name,
    }
    health = [
        measured("AWS/ApplicationELB", name, label=label, statistic=how, dimensions=blog)
        for name, label, how in (
            ("HealthyHostCount", "healthy", "Minimum"),
            ("UnHealthyHostCount", "unhealthy", "Maximum"),
        )
    ]
    times = [balancer.target_response_time(statistic=how, label=how) for how in ("p50", "p90", "p99")]
    board.row(
        graph("Load balancer: requests", [balancer.request_count(label="requests")], width=QUARTER),
        graph("Load balancer: errors", errors, width=QUARTER, limits={"alarm on 5xx": config.alarms.server_errors}),
        graph("Load balancer: time to answer, s", times, width=QUARTER),
        graph("Load balancer: the blog's health", health, width=QUARTER),
    )
    board.function("blog", web.blog.application)
    board.row(
        graph("Blog: what failed it", counted(config.blog_metrics, [*FAILURES]), width=HALF),
        graph("Blog: what it did", counted(config.blog_metrics, EVENTS), width=HALF),
    )


def show_data(board: Board, *, config: StageConfig, data: DataStack) -> None:
    """Draw each cache and the database."""
    board.heading("Redis and database")
    if isinstance(data.cache, RedisCache):
        _redis(board, "cache", data.cache, replicas=config.cache.replicas)
    else:
        board.memcached_node("cache", data.cache.cluster.ref)
    if config.sessions:
        _redis(board, "sessions", data.sessions, replicas=config.sessions.replicas)
    cluster = {"DBClusterIdentifier": data.database.cluster.ref}
    board.database("database", data.database.cluster.ref)
    units, used, behind = (
        measured("AWS/RDS", name, label=label, statistic="Maximum", dimensions=cluster)
        for name, label in (
            ("ServerlessDatabaseCapacity", "in use"),
            ("ACUUtilization", "used"),
            ("AuroraReplicaLagMaximum", "the slowest"),
        )
    )
    board.row(
        graph("Database: capacity units", [units], limits={"most": config.database.max_capacity}),
        graph("Database: capacity used, %", [used]),
        graph("Database: readers behind, ms", [behind]),
    )


def _redis(board: Board, name: str, cache: RedisCache, *, replicas: int) -> None:
    # ElastiCache numbers the nodes so ("Accessing your ElastiCache cluster": `<replication group>-001` and on).
    nodes = {f"node {number}": f"{cache.replication_group.ref}-{number:03}" for number in range(1, replicas + 2)}
    for label, node in nodes.items():
        board.redis_node(f"{name}, {label}", node)
    board.row(
        *(
            graph(
                f"Redis, {name}: {title}",
                [
                    measured("AWS/ElastiCache", metric, label=label, statistic=how, dimensions={"CacheClusterId": node})
                    for label, node in nodes.items()
                ],
            )
            for title, metric, how in OF_REDIS
        )
    )
