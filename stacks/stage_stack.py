"""What every stack of a stage has: its name, its region, its protection, and how it tells what it made."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Iterable

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import StageConfig


class StageStack(Stack):
    """One stack of a stage, named by both: `edgepost-<stage>-<id in lower case>`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, description: str, region: str = ""
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=f"edgepost-{config.name}-{construct_id.lower()}",
            description=f"Edgepost: {description}",
            env=Environment(region=region or config.region),
            termination_protection=config.protected,
        )
        self.alarms: list[cloudwatch.Alarm] = []
        """Those that tell a topic."""

    def output(self, **values: str) -> None:
        """Name what people and tools need to find; the keys are a contract with them."""
        for key, value in values.items():
            CfnOutput(self, key, value=value)

    def tell(self, topic: sns.ITopic, alarms: Iterable[cloudwatch.Alarm]) -> None:
        """Let each alarm tell the topic."""
        for alarm in alarms:
            alarm.add_alarm_action(actions.SnsAction(topic))
            self.alarms.append(alarm)
