"""What an alarm is, and the topic that every alarm of the region tells."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.stage_stack import StageStack

LASTING = 3
"""Periods in a row, of what is nothing if it passes by itself."""


def alarm(
    scope: Construct,
    construct_id: str,
    metric: cloudwatch.Metric | cloudwatch.MathExpression,
    *,
    config: AlarmConfig,
    threshold: float,
    reason: str,
    source: str,
    section: str,
    periods: int = 1,
    silence_alarms: bool = False,
) -> cloudwatch.Alarm:
    """Define an alarm on a metric that reaches the threshold in each of some periods in a row.

    Its description says the reason, where the threshold comes from and what to read: a section of the runbook, by its
    anchor. No data is no alarm, unless silence alarms: only where what is watched tells something in every period.
    """
    missing = cloudwatch.TreatMissingData
    return metric.create_alarm(
        scope,
        construct_id,
        alarm_description=f"{reason}. Threshold: {source}. Runbook: {config.runbook_url}#{section}",
        evaluation_periods=periods,
        threshold=threshold,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=missing.BREACHING if silence_alarms else missing.NOT_BREACHING,
    )


def alarm_topic(stack: StageStack, config: StageConfig) -> sns.Topic:
    """Define the encrypted topic that alarms of the stack's region tell, and tell those who are named."""
    # A key of our own, since CloudWatch may not use the account's default key for SNS.
    key = kms.Key(stack, "Key", description="encrypts the alarms of Edgepost", enable_key_rotation=True)
    topic = sns.Topic(stack, "Topic", master_key=key, enforce_ssl=True)
    topic.grant_publish(
        iam.ServicePrincipal(
            "cloudwatch.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
        )
    )
    for address in config.alarms.emails:
        topic.add_subscription(subscriptions.EmailSubscription(address))
    stack.output(AlarmTopic=topic.topic_arn)
    return topic


class AlarmsStack(StageStack):
    """One topic, below all stacks of the home region that have alarms."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id, config=config, description="the topic that alarms tell")
        self.topic = alarm_topic(self, config)
