"""What SES tells: published to a topic, kept in a queue, read by a function."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.mail_queue import MailQueue
from stacks.python_function import PythonFunction

SES = iam.ServicePrincipal("ses.amazonaws.com")


class SesEvents(Construct):
    """A topic that one part of SES may publish to, and the queue behind it.

    Messages arrive in the queue as SES wrote them. What the topic cannot put there goes to the same dead-letter queue
    as what the function cannot make anything of.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        name: str,
        key: kms.IKey,
        source_arn: str,
        timeout_seconds: int,
        max_receive_count: int,
        given_up: str,
        late: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[SES],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account, "aws:SourceArn": source_arn}},
            )
        )
        self.queue = MailQueue(
            self,
            "Queue",
            queue_name=f"edgepost-{config.name}-{name}",
            config=config,
            timeout_seconds=timeout_seconds,
            max_receive_count=max_receive_count,
            given_up=given_up,
            late=late,
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                self.queue.source, raw_message_delivery=True, dead_letter_queue=self.queue.dead_letters
            )
        )

    def feed(self, function: PythonFunction, *, batch_size: int, max_concurrency: int) -> None:
        """Let the function read the queue, and put on the dead-letter queue what it gives up."""
        function.allow(
            "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=[self.queue.source.queue_arn]
        )
        function.allow("sqs:SendMessage", on=[self.queue.dead_letters.queue_arn])
        lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=function.function,
            event_source_arn=self.queue.source.queue_arn,
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            report_batch_item_failures=True,
        )

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define the queue's alarms."""
        return self.queue.alarms(config)


def events_key(scope: Construct, construct_id: str) -> kms.Key:
    """Define the key of topics that SES publishes to.

    SES may use it without a condition, as "Configuring Amazon SNS notifications for Amazon SES" (Amazon SES developer
    guide) has it: what SES may publish where is for each topic's own policy to say.
    """
    key = kms.Key(
        scope, construct_id, description="encrypts what SES tells of mails of Edgepost", enable_key_rotation=True
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(principals=[SES], actions=["kms:GenerateDataKey*", "kms:Decrypt"], resources=["*"])
    )
    return key
