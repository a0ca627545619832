"""The page by which who gets mails ends that, and mail programs do in their name."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.lambda_target import lambda_targets
from stacks.python_function import PythonFunction

PATH = "/unsubscribe"
# What the function writes as `event` into its log, and the metric that counts it.
EVENTS = {"unsubscribed": "unsubscribed", "bad_link": "unsubscribe_bad_link", "fault": "unsubscribe_fault"}


class Unsubscribe(Construct):
    """A function of its own, outside the VPC and apart from the blog: it checks a link and notes an address.

    The load balancer does not check its health: an answer needs KMS and DynamoDB, and says itself if they are away.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, key: kms.IKey, suppressions: dynamodb.ITable
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Function",
            description="unsubscribes from mails by their links",
            config=config.python,
            package="mail_unsubscribe",
            shared=("mail_common",),
            handler="mail_unsubscribe.handler.handle",
            environment={
                "SUPPRESSIONS_TABLE": suppressions.table_name,
                "UNSUBSCRIBE_KEY": key.key_arn,
                "SITE_URL": config.web.url,
                "SITE_TITLE": config.web.site_title,
            },
            timeout=Duration.seconds(10),
            memory_mib=256,
        )
        self.function.allow("kms:VerifyMac", on=[key.key_arn])
        self.function.allow("dynamodb:UpdateItem", on=[suppressions.table_arn])
        self.target_group = lambda_targets(self, self.function.function, name=f"edgepost-{config.name}-unsubscribe")
        for event, metric in EVENTS.items():
            self.function.count(event, metric=metric, namespace=config.mail_metrics)

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define an alarm on failed invocations."""
        return [self.function.alarm_on_errors(config, setting="unsubscribe_errors")]
