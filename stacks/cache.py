"""A cache: a replication group of Valkey or Redis OSS, or a Memcached node."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.cache_alarms import memcached_alarms, redis_alarms
from stacks.config import AlarmConfig
from stacks.config_data import CacheConfig
from stacks.findings import acknowledge
from stacks.network import NetworkStack
from stacks.redis_users import RedisUsers
from stacks.retention import RETENTION

REDIS_PORT, MEMCACHED_PORT = 6379, 11211
USUAL_PORT = (
    "only functions with a rule of their own reach the port, over TLS; another number would hide it from nobody"
)


class RedisCache(Construct):
    """A replication group that is entered over TLS as an IAM user; groups and logs are its own.

    Whoever is to reach it brings the rule: `caller.connections.allow_to_default_port(cache.connections)`.
    """

    kind = "redis"

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: CacheConfig,
        network: NetworkStack,
        users: RedisUsers,
        description: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.users = users
        self._settings = config
        security_group = _security_group(self, network, description)
        self.connections = ec2.Connections(security_groups=[security_group], default_port=ec2.Port.tcp(REDIS_PORT))
        parameters = elasticache.CfnParameterGroup(
            self,
            "Parameters",
            cache_parameter_group_family=config.parameter_family,
            description=description,
            properties={
                "maxmemory-policy": config.eviction_policy,
                # A function that is frozen or gone never closes its connections.
                "timeout": str(config.idle_timeout_seconds),
                "slowlog-log-slower-than": str(config.slow_log_microseconds),
            },
        )
        self.replication_group = elasticache.CfnReplicationGroup(
            self,
            "ReplicationGroup",
            replication_group_description=description,
            engine=config.engine,
            engine_version=config.engine_version,
            # The version is a setting: a change of it shows in a diff first.
            auto_minor_version_upgrade=False,
            cache_node_type=config.node_type,
            num_cache_clusters=1 + config.replicas,
            automatic_failover_enabled=config.replicas > 0,
            multi_az_enabled=config.multi_az,
            port=REDIS_PORT,
            cache_parameter_group_name=parameters.ref,
            cache_subnet_group_name=_subnet_group(self, network, description).ref,
            security_group_ids=[security_group.security_group_id],
            user_group_ids=[users.group.ref],
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            snapshot_retention_limit=config.snapshot_retention_days,
            snapshot_window=config.snapshot_window,
            preferred_maintenance_window=config.maintenance_window,
            log_delivery_configurations=[
                self._delivery(log_type, days=config.log_days) for log_type in ("slow-log", "engine-log")
            ],
        )
        self.host = self.replication_group.attr_primary_end_point_address
        self.port = self.replication_group.attr_primary_end_point_port
        self._acknowledge(config)

    @property
    def nodes(self) -> list[str]:
        """The ids of primary and replicas, whichever is which: ElastiCache numbers them from 001 on."""
        return [f"{self.replication_group.ref}-{number:03}" for number in range(1, self._settings.replicas + 2)]

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on nodes that are busy, full or behind."""
        return redis_alarms(self, self.nodes, self._settings, config)

    def environment(self, prefix: str, *, user: str = "blog") -> dict[str, str]:
        """Tell a function where the replication group is and who it is there; names begin with the prefix."""
        return {
            f"{prefix}_HOST": self.host,
            f"{prefix}_PORT": self.port,
            f"{prefix}_NAME": self.replication_group.ref,
            f"{prefix}_USER": self.users.names[user],
        }

    def grant_connect(self, role: iam.IRole, *, user: str = "blog") -> None:
        """Let a role sign in here as this user."""
        here = Stack.of(self).format_arn(
            service="elasticache",
            resource="replicationgroup",
            resource_name=self.replication_group.ref,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        iam.Grant.add_to_principal(
            grantee=role, actions=["elasticache:Connect"], resource_arns=[here, self.users.arn(user)]
        )

    def _delivery(
        self, log_type: str, *, days: int
    ) -> elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty:
        # What lets ElastiCache write there it asks of CloudWatch Logs itself ("ElastiCache logging destinations").
        log_group = logs.LogGroup(self, log_type.title().replace("-", ""), retention=RETENTION[days])
        return elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty(
            log_type=log_type,
            log_format="json",
            destination_type="cloudwatch-logs",
            destination_details=elasticache.CfnReplicationGroup.DestinationDetailsProperty(
                cloud_watch_logs_details=elasticache.CfnReplicationGroup.CloudWatchLogsDestinationDetailsProperty(
                    log_group=log_group.log_group_name
                )
            ),
        )

    def _acknowledge(self, config: CacheConfig) -> None:
        if config.engine == "redis":  # the rule does not know Valkey
            acknowledge(self.replication_group, "AEC5", reason=USUAL_PORT)
        acknowledge(
            self.replication_group,
            "AEC6",
            reason="users sign in by IAM with tokens that last 15 minutes; AUTH would be a password that all share",
        )
        if not config.multi_az:
            acknowledge(
                self.replication_group,
                "AEC4",
                reason="one zone is what this stage pays for: while it is out, the blog goes on without a cache",
            )


class MemcachedCache(Construct):
    """A Memcached node, reached over TLS by those with a rule; it knows no users.

    Whoever is to reach it brings the rule: `caller.connections.allow_to_default_port(cache.connections)`.
    """

    kind = "memcached"

    def __init__(
        self, scope: Construct, construct_id: str, *, config: CacheConfig, network: NetworkStack, description: str
    ) -> None:
        super().__init__(scope, construct_id)
        security_group = _security_group(self, network, description)
        self.connections = ec2.Connections(security_groups=[security_group], default_port=ec2.Port.tcp(MEMCACHED_PORT))
        parameters = elasticache.CfnParameterGroup(
            self,
            "Parameters",
            cache_parameter_group_family=config.parameter_family,
            description=description,
            # A function that is frozen or gone never closes its connections.
            properties={"idle_timeout": str(config.idle_timeout_seconds)},
        )
        self.cluster = elasticache.CfnCacheCluster(
            self,
            "Cluster",
            engine=config.engine,
            engine_version=config.engine_version,
            # The version is a setting: a change of it shows in a diff first.
            auto_minor_version_upgrade=False,
            cache_node_type=config.node_type,
            num_cache_nodes=1,
            az_mode="single-az",
            port=MEMCACHED_PORT,
            cache_parameter_group_name=parameters.ref,
            cache_subnet_group_name=_subnet_group(self, network, description).ref,
            vpc_security_group_ids=[security_group.security_group_id],
            transit_encryption_enabled=True,
            preferred_maintenance_window=config.maintenance_window,
        )
        acknowledge(self.cluster, "AEC5", reason=USUAL_PORT)
        self.host = self.cluster.attr_configuration_endpoint_address
        self.port = self.cluster.attr_configuration_endpoint_port

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on a node that is busy or full."""
        return memcached_alarms(self, self.cluster.ref, config)

    def environment(self, prefix: str) -> dict[str, str]:
        """Tell a function where the node is; names begin with the prefix."""
        return {
            f"{prefix}_HOST": self.host,
            f"{prefix}_PORT": self.port,
            f"{prefix}_NAME": "",
            f"{prefix}_USER": "",
        }

    def grant_connect(self, role: iam.IRole) -> None:
        """Do nothing: Memcached knows no users, so that a rule to reach it is all there is."""


def _security_group(scope: Construct, network: NetworkStack, description: str) -> ec2.SecurityGroup:
    return ec2.SecurityGroup(scope, "SecurityGroup", vpc=network.vpc, description=description, allow_all_outbound=False)


def _subnet_group(scope: Construct, network: NetworkStack, description: str) -> elasticache.CfnSubnetGroup:
    return elasticache.CfnSubnetGroup(
        scope,
        "Subnets",
        description=description,
        subnet_ids=network.data_subnet_ids,
    )
