"""The consumer: it takes mail requests from the queues and sends them through SES."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

import json
from collections.abc import Sequence
from dataclasses import asdict

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.config_mail import ConsumerConfig
from stacks.findings import acknowledge, logical_id
from stacks.mail_alarms import consumer_alarms, drain_alarm
from stacks.mail_domain import MailDomain
from stacks.mail_queue import MailQueue
from stacks.mail_store import MailStore
from stacks.python_function import PythonFunction

# What the consumer writes as `event` into its log; each becomes a metric.
EVENTS = (
    "sent",
    "left_out",
    "suppressed",
    "rejected",
    "retried",
    "throttled",
    "warm_up_full",
    "paused",
    "duplicate",
    "undecided",
    "handed_back",
    "fault",
)


class MailDelivery(Construct):
    """The function, what it may do, and the mappings that feed it from each queue.

    The queues share the function and, through the sending table, one sending rate. Each mapping limits its concurrency;
    reserved concurrency would not do, since a throttled poller spends the messages' receives for nothing.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        domain: MailDomain,
        queues: Sequence[MailQueue],
        store: MailStore,
        unsubscribe_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.consumer = PythonFunction(
            self,
            "Consumer",
            description="sends mail requests through SES",
            config=config.python,
            package="mail_consumer",
            handler="mail_consumer.handler.handle",
            shared=("mail_common",),
            environment=_environment(config, domain, queues, store, unsubscribe_key),
            timeout=Duration.seconds(config.consumer.timeout_seconds),
            memory_mib=config.consumer.memory_mib,
        )
        self._allow_sending(domain)
        self._allow_queues(queues)
        self._allow_store(store)
        self.consumer.allow("kms:GenerateMac", on=[unsubscribe_key.key_arn])
        self.mappings = [self._mapping(queue, config.consumer) for queue in queues]
        self._allow_pausing()
        self.metrics = {
            event: self.consumer.count(event, metric=event, namespace=config.mail_metrics) for event in EVENTS
        }
        self._queues, self._settings = queues, config.consumer

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on invocations that fail or are refused, on what becomes of requests, and on what waits."""
        return [
            self.consumer.alarm_on_errors(config, setting="consumer_errors"),
            self.consumer.alarm_on_throttles(config),
            *consumer_alarms(self, self.consumer, self.metrics, self._settings, config),
            drain_alarm(self, self._queues, self._settings, config),
        ]

    def _allow_sending(self, domain: MailDomain) -> None:
        # SendEmail of the v2 API is checked as SendRawEmail when a mail has headers or attachments of its own; in the
        # sandbox, IAM checks the recipient's identity too ("Identity and access management in Amazon SES").
        recipients = [recipient.email_identity_arn for recipient in domain.sandbox_recipients]
        conditions = {"StringLike": {"ses:FromAddress": f"*@{domain.name}"}}
        if domain.tenant:
            # A tenant is no resource of a send but a condition of it, and of SendEmail alone ("Actions, resources, and
            # condition keys for Amazon Simple Email Service v2"): where it is not told, it cannot be another one.
            conditions["StringEqualsIfExists"] = {"ses:TenantName": domain.tenant.tenant_name}
        self.consumer.allow(
            "ses:SendEmail",
            "ses:SendRawEmail",
            on=[domain.identity.email_identity_arn, domain.configuration_set_arn, *recipients],
            conditions=conditions,
        )

    def _allow_queues(self, queues: Sequence[MailQueue]) -> None:
        self.consumer.allow(
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ChangeMessageVisibility",
            on=[queue.source.queue_arn for queue in queues],
        )
        self.consumer.allow("sqs:SendMessage", on=[queue.dead_letters.queue_arn for queue in queues])

    def _allow_store(self, store: MailStore) -> None:
        self.consumer.allow(
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
            on=[store.deliveries.table_arn],
        )
        self.consumer.allow("dynamodb:UpdateItem", on=[store.sending.table_arn])
        self.consumer.allow("dynamodb:BatchGetItem", on=[store.suppressions.table_arn])
        self.consumer.allow("s3:GetObject", on=[store.attachments.arn_for_objects("*")])
        acknowledge(
            self.consumer.role,
            f"IAM5[Resource::<{logical_id(store.attachments)}.Arn>/*]",
            reason="a mail request names its attachments by keys that its sender chose, anywhere in this one bucket",
        )

    def _mapping(self, queue: MailQueue, config: ConsumerConfig) -> lambda_.EventSourceMapping:
        # `enabled` is left out, so that a deploy does not end a pause.
        return lambda_.EventSourceMapping(
            self,
            queue.node.id,
            target=self.consumer.function,
            event_source_arn=queue.source.queue_arn,
            batch_size=config.batch_size,
            max_concurrency=config.max_concurrency,
            report_batch_item_failures=True,
        )

    def _allow_pausing(self) -> None:
        # A policy apart from the role's own, which the function and so the mappings wait for: else a cycle.
        pausing = iam.Policy(self, "Pausing", roles=[self.consumer.role])
        pausing.add_statements(
            iam.PolicyStatement(
                actions=["lambda:UpdateEventSourceMapping"],
                resources=[mapping.event_source_mapping_arn for mapping in self.mappings],
            ),
            iam.PolicyStatement(actions=["lambda:ListEventSourceMappings"], resources=["*"]),
        )
        acknowledge(
            pausing,
            "IAM5[Resource::*]",
            reason="lambda:ListEventSourceMappings knows no resource; it only lists, what may change is named exactly",
        )


def _environment(
    config: StageConfig,
    domain: MailDomain,
    queues: Sequence[MailQueue],
    store: MailStore,
    unsubscribe_key: kms.IKey,
) -> dict[str, str]:
    """What the consumer reads once at its start."""
    consumer = config.consumer
    urls = {
        queue.source.queue_arn: {"url": queue.source.queue_url, "dead_letter_url": queue.dead_letters.queue_url}
        for queue in queues
    }
    return {
        "MAIL_DOMAIN": domain.name,
        "CONFIGURATION_SET": domain.configuration_set.configuration_set_name,
        "DELIVERIES_TABLE": store.deliveries.table_name,
        "SENDING_TABLE": store.sending.table_name,
        "SUPPRESSIONS_TABLE": store.suppressions.table_name,
        "ATTACHMENTS_BUCKET": store.attachments.bucket_name,
        "QUEUES": json.dumps(urls),
        "SEND_RATE": str(consumer.send_rate),
        "MAX_ATTEMPTS": str(consumer.max_attempts),
        "ON_UNDECIDED": consumer.on_undecided,
        "RECORD_DAYS": str(consumer.record_days),
        "MAX_MAIL_BYTES": str(consumer.max_mail_bytes),
        "UNSUBSCRIBE_KEY": unsubscribe_key.key_arn,
        "SITE_URL": config.web.url,
        "TENANT": domain.tenant.tenant_name if domain.tenant else "",
        "WARM_UP": json.dumps(asdict(consumer.warm_up)) if consumer.warm_up else "",
    }
