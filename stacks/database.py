"""The blog's database: Aurora PostgreSQL that grows and shrinks with its load."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.config_data import DatabaseConfig
from stacks.database_alarms import database_alarms
from stacks.findings import acknowledge
from stacks.network import NetworkStack
from stacks.retention import RETENTION

ENGINE = "aurora-postgresql"
PORT = 5432
DESCRIPTION = "database of the blog"
NAME = "blog"
MASTER = "edgepost"
"""Makes the schema and the roles; only the schema's function signs in so."""
BLOG_ROLE = "blog"


class Database(Construct):
    """A cluster that is entered over TLS with IAM tokens, with groups of its own; no password exists.

    Whoever is to reach it brings the rule: `caller.connections.allow_to_default_port(database.connections)`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, network: NetworkStack) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=network.vpc, description=DESCRIPTION, allow_all_outbound=False
        )
        self.connections = ec2.Connections(security_groups=[self.security_group], default_port=ec2.Port.tcp(PORT))
        self.cluster = self._cluster(config, network)
        self._settings = config.database
        self.instances = {
            name: rds.CfnDBInstance(
                self,
                name,
                engine=ENGINE,
                db_cluster_identifier=self.cluster.ref,
                db_instance_class="db.serverless",
                # Readers up to tier 1 grow with the writer, so that they can take its place at any time.
                promotion_tier=min(number, 1),
                publicly_accessible=False,
                auto_minor_version_upgrade=False,
                ca_certificate_identifier="rds-ca-rsa2048-g1",
            )
            for number, name in enumerate(("Writer", *(f"Reader{n}" for n in range(1, config.database.readers + 1))))
        }
        if not config.protected:
            acknowledge(self.cluster, "RDS10", reason="this stage is made to be thrown away, with all that is in it")

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on instances that are busy, as large as they may be, or behind."""
        identifiers = {name: instance.ref for name, instance in self.instances.items()}
        return database_alarms(self, self.cluster.ref, identifiers, self._settings, config)

    def environment(self, user: str) -> dict[str, str]:
        """Tell a function where the database is and who it is there."""
        return {
            "DATABASE_HOST": self.cluster.attr_endpoint_address,
            "DATABASE_PORT": self.cluster.attr_endpoint_port,
            "DATABASE_NAME": NAME,
            "DATABASE_USER": user,
        }

    def grant_connect(self, role: iam.IRole, user: str) -> None:
        """Let a role sign in as this database user."""
        arn = Stack.of(self).format_arn(
            service="rds-db",
            resource="dbuser",
            resource_name=f"{self.cluster.attr_db_cluster_resource_id}/{user}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        iam.Grant.add_to_principal(grantee=role, actions=["rds-db:connect"], resource_arns=[arn])

    def _cluster(self, config: StageConfig, network: NetworkStack) -> rds.CfnDBCluster:
        settings = config.database
        identifier = f"edgepost-{config.name}"
        subnets = rds.CfnDBSubnetGroup(
            self,
            "Subnets",
            db_subnet_group_description=DESCRIPTION,
            subnet_ids=network.data_subnet_ids,
        )
        cluster = rds.CfnDBCluster(
            self,
            "Cluster",
            # Named by us, since the name of its log group follows from it.
            db_cluster_identifier=identifier,
            engine=ENGINE,
            engine_version=settings.engine_version,
            # No charge for a version past its standard support without anybody having asked for it.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            serverless_v2_scaling_configuration=_capacity(settings),
            database_name=NAME,
            port=PORT,
            master_username=MASTER,
            master_user_authentication_type="iam-db-auth",
            enable_iam_database_authentication=True,
            storage_encrypted=True,
            db_cluster_parameter_group_name=self._parameters(settings).ref,
            db_subnet_group_name=subnets.ref,
            vpc_security_group_ids=[self.security_group.security_group_id],
            backup_retention_period=settings.backup_days,
            preferred_backup_window=settings.backup_window,
            preferred_maintenance_window=settings.maintenance_window,
            copy_tags_to_snapshot=True,
            deletion_protection=config.protected,
            enable_cloudwatch_logs_exports=["postgresql"],
            performance_insights_enabled=settings.performance_insights,
        )
        # RDS would make it by itself, and keep it forever.
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/rds/cluster/{identifier}/postgresql",
            retention=RETENTION[settings.log_days],
        )
        cluster.node.add_dependency(log_group)
        return cluster

    def _parameters(self, settings: DatabaseConfig) -> rds.CfnDBClusterParameterGroup:
        idle_ms = str(1000 * settings.idle_timeout_seconds)
        return rds.CfnDBClusterParameterGroup(
            self,
            "Parameters",
            description=DESCRIPTION,
            family=f"{ENGINE}{settings.engine_version.split('.')[0]}",
            parameters={
                "rds.force_ssl": "1",
                "log_min_duration_statement": str(settings.slow_query_ms),
                # A function that is frozen or gone would keep the database from pausing, and its locks from others.
                "idle_session_timeout": idle_ms,
                "idle_in_transaction_session_timeout": idle_ms,
            },
        )


def _capacity(settings: DatabaseConfig) -> rds.CfnDBCluster.ServerlessV2ScalingConfigurationProperty:
    pauses = settings.min_capacity == 0
    return rds.CfnDBCluster.ServerlessV2ScalingConfigurationProperty(
        min_capacity=settings.min_capacity,
        max_capacity=settings.max_capacity,
        seconds_until_auto_pause=60 * settings.pause_after_minutes if pauses else None,
    )
