"""A Python function: its bundle, its log and a role that may do nothing yet."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, Duration, ILocalBundling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, PythonConfig
from stacks.findings import acknowledge
from stacks.retention import RETENTION
from stacks.wheels import ROOT, install

# What Lambda does in the name of the role, says "Giving Lambda functions access to resources in an Amazon VPC".
NETWORK_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)


@jsii.implements(ILocalBundling)
class Bundle:
    """One package of lambda/ with those that it shares with others, and the wheels that its own lock names."""

    def __init__(self, package: str, *, shared: Sequence[str] = (), config: PythonConfig) -> None:
        self.sources = [ROOT / "lambda" / name for name in (package, *shared)]
        self.config = config

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        """Fill the asset's folder; the answer says that no container is needed."""
        target = Path(output_dir)
        lock = self.sources[0] / "requirements.txt"
        install(lock, target=target, platform=self.config.wheel_platform, python=self.config.wheel_python)
        for source in self.sources:
            shutil.copytree(
                source, target / source.name, ignore=shutil.ignore_patterns("__pycache__", "requirements.*")
            )
        return True

    def fingerprint(self) -> str:
        """Hash what the bundle is made of, alike on every machine: source, locked wheels and what these are for."""
        content = hashlib.sha256(f"{self.config.wheel_platform} {self.config.wheel_python}".encode())
        for source in self.sources:
            for path in sorted(source.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    name = path.relative_to(source.parent).as_posix()
                    content.update(f"\n{name} {path.stat().st_size}\n".encode())
                    content.update(path.read_bytes())
        return content.hexdigest()

    def code(self) -> lambda_.Code:
        """Define the bundle as an asset of the app."""
        return lambda_.Code.from_asset(
            str(self.sources[0]),
            asset_hash=self.fingerprint(),
            asset_hash_type=AssetHashType.CUSTOM,
            bundling=BundlingOptions(image=DockerImage.from_registry("never-pulled"), local=self),
        )


class PythonFunction(Construct):
    """A function with JSON logs in its own log group, and a role that may write there and nothing else.

    In a VPC it has a security group of its own, which lets nothing out until a rule of `connections` says so.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: PythonConfig,
        package: str,
        handler: str,
        description: str,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mib: int,
        shared: Sequence[str] = (),
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(self, "Log", retention=RETENTION[config.log_days])
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            code=Bundle(package, shared=shared, config=config).code(),
            handler=handler,
            runtime=lambda_.Runtime(f"python{config.runtime}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.custom(config.architecture),
            environment={**environment},
            timeout=timeout,
            memory_size=memory_mib,
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            vpc=vpc,
            vpc_subnets=subnets,
            allow_all_outbound=False if vpc else None,
        )
        if vpc:
            self._let_lambda_manage_interfaces()

    @property
    def connections(self) -> ec2.Connections:
        """Whom the function may reach; only in a VPC."""
        return self.function.connections

    def allow(self, *actions: str, on: list[str], conditions: Mapping[str, object] | None = None) -> None:
        """Let the function do just these actions on these ARNs."""
        self.role.add_to_policy(iam.PolicyStatement(actions=[*actions], resources=on, conditions=conditions))

    def count(self, event: str, *, metric: str, namespace: str) -> cloudwatch.Metric:
        """Define a metric that counts the log lines whose field `event` has this value."""
        counter = logs.MetricFilter(
            self,
            f"Count {event}",
            log_group=self.log_group,
            filter_pattern=logs.FilterPattern.string_value("$.event", "=", event),
            metric_namespace=namespace,
            metric_name=metric,
        )
        return counter.metric(statistic="Sum", period=Duration.minutes(5))

    def alarm_on_errors(self, config: AlarmConfig, *, setting: str) -> cloudwatch.Alarm:
        """Define an alarm on failed invocations within five minutes, as many as the setting says."""
        return alarm(
            self,
            "Failing",
            self.function.metric_errors(period=Duration.minutes(5)),
            config=config,
            threshold=getattr(config, setting),
            reason=f"{self.function.node.path} fails",
            source=f"setting {setting}",
            section="a-function-fails",
        )

    def alarm_on_throttles(self, config: AlarmConfig) -> cloudwatch.Alarm:
        """Define an alarm on invocations that Lambda refuses, since as many run at once as the account may have."""
        return alarm(
            self,
            "Throttled",
            self.function.metric_throttles(period=Duration.minutes(5)),
            config=config,
            threshold=config.throttled_invocations,
            reason=f"Lambda refuses to invoke {self.function.node.path}: the account's concurrency is used up",
            source="setting throttled_invocations",
            section="lambda-refuses-invocations",
        )

    def _let_lambda_manage_interfaces(self) -> None:
        self.allow(*NETWORK_INTERFACES, on=["*"])
        acknowledge(
            self.role,
            "IAM5[Resource::*]",
            reason="Lambda makes and removes the function's network interfaces, which have no names before they are "
            "there; the function's own code is denied all of these actions",
        )
        # Apart from the role's own policy, which the function waits for: else a cycle.
        iam.Policy(
            self,
            "NotByOwnCode",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    effect=iam.Effect.DENY,
                    actions=[*NETWORK_INTERFACES, "ec2:DetachNetworkInterface"],
                    resources=["*"],
                    conditions={"ArnEquals": {"lambda:SourceFunctionArn": self.function.function_arn}},
                )
            ],
        )
