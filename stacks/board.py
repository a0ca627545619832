"""What a dashboard is drawn on: rows of graphs, and what the monitoring library draws of a system by itself."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from typing import TypedDict

import cdk_monitoring_constructs as monitoring
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.mail_queue import MailQueue
from stacks.python_function import PythonFunction


class Names(TypedDict):
    """What the library calls a system, in a heading and in alarms, which it is not asked for."""

    human_readable_name: str
    alarm_friendly_name: str


class Board(Construct):
    """A dashboard of one name, filled from the top."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str) -> None:
        super().__init__(scope, construct_id)
        shown = monitoring.DefaultDashboardFactory(self, "Shown", dashboard_name_prefix=name)
        self._facade = monitoring.MonitoringFacade(self, "Monitoring", dashboard_factory=shown)

    def heading(self, text: str) -> None:
        """Begin a part."""
        self._facade.add_large_header(text)

    def row(self, *widgets: cloudwatch.IWidget) -> None:
        """Put widgets beside each other."""
        self._facade.add_widget(cloudwatch.Row(*widgets))

    def function(self, name: str, function: PythonFunction) -> None:
        """Draw invocations, duration, errors and throttles of a function."""
        self._facade.monitor_lambda_function(
            lambda_function=function.function,
            is_iterator=False,  # queues have no position, and so no age of it
            **_names(name),
        )

    def queue(self, name: str, queue: MailQueue) -> None:
        """Draw depth, age, size, rates and time to drain of a queue, and its dead letters."""
        self._facade.monitor_sqs_queue_with_dlq(
            queue=queue.source, dead_letter_queue=queue.dead_letters, **_names(name)
        )

    def distribution(self, name: str, distribution: cloudfront.IDistribution, *, additional_metrics: bool) -> None:
        """Draw requests, traffic and errors of a distribution, and its hits if it tells them."""
        self._facade.monitor_cloud_front_distribution(
            distribution=distribution, additional_metrics_enabled=additional_metrics, **_names(name)
        )

    def redis_node(self, name: str, node: str) -> None:
        """Draw processor, memory, connections and items of a node of Redis."""
        redis = monitoring.ElastiCacheClusterType.REDIS
        self._facade.monitor_elasti_cache_cluster(cluster_type=redis, cluster_id=node, **_names(name))

    def memcached_node(self, name: str, node: str) -> None:
        """Draw the same of Memcached."""
        memcached = monitoring.ElastiCacheClusterType.MEMCACHED
        self._facade.monitor_elasti_cache_cluster(cluster_type=memcached, cluster_id=node, **_names(name))

    def database(self, name: str, cluster: str) -> None:
        """Draw processor, connections, latency and reads and writes of a cluster."""
        self._facade.monitor_rds_cluster(cluster_identifier=cluster, **_names(name))


def _names(name: str) -> Names:
    return {"human_readable_name": name, "alarm_friendly_name": name.replace(" ", "-").replace(",", "")}
