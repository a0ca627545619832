"""Received mail: where it is kept, the function that reads it, and where it goes on to."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

import json

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.config_inbox import InboxConfig
from stacks.findings import acknowledge, logical_id
from stacks.mail_domain import MailDomain
from stacks.mail_queue import MailQueue
from stacks.mail_store import MailStore
from stacks.private_bucket import private_bucket
from stacks.python_function import PythonFunction
from stacks.receipt_rules import RECEIVED, ReceiptRules
from stacks.ses_events import SesEvents
from stacks.table import table

FORWARDED = "inbox/"
"""What the keys of mails begin with that wait among the attachments to be sent on."""
FORWARD_ROOM = 16 * 1024
"""Bytes that a mail may grow by when it is sent on: headers of our own."""
# What the function writes as `event` into its log; each becomes a metric.
EVENTS = (
    "received",
    "quarantined",
    "dropped",
    "unreadable",
    "forwarded",
    "published",
    "looped",
    "auto_reply",
    "too_large",
    "dmarc_report",
    "duplicate",
    "rejected",
    "fault",
)


class MailInbox(Construct):
    """SES puts a mail into the bucket and tells a function, which keeps a record and takes the mail's routes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        inbox: InboxConfig,
        domain: MailDomain,
        store: MailStore,
        queue: MailQueue,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._inbox = inbox
        self.domains = inbox.domains(domain.name)
        self.bucket = private_bucket(self, "Mails", keep_days=inbox.keep_days)
        acknowledge(
            self.bucket,
            "S1",
            reason="only the inbox function reads received mails, which it records in the received table; access logs "
            "would keep a second copy of who wrote when",
        )
        self.received = table(self, "Received", config=config)
        self.topics = {
            route.name: sns.Topic(self, f"Route {route.name}", master_key=key, enforce_ssl=True)
            for route in inbox.routes
            if route.publish
        }
        self.rules = ReceiptRules(self, "Rules", config=config, inbox=inbox)
        self.events = SesEvents(
            self,
            "Events",
            config=config,
            name="mail-inbox",
            key=key,
            source_arn=self.rules.rule_arn,
            timeout_seconds=inbox.timeout_seconds,
            max_receive_count=inbox.max_receive_count,
            given_up="a received mail was given up; it is in its bucket, and its record and added attributes tell why",
            late="received mails wait longer than they should: the inbox function is slow or failing",
        )
        self.function = PythonFunction(
            self,
            "Function",
            description="keeps a record of each received mail and takes its routes",
            config=config.python,
            package="mail_inbox",
            shared=("mail_common", "custom_resource"),
            handler="mail_inbox.handler.handle",
            environment=self._environment(config, store, queue),
            timeout=Duration.seconds(inbox.timeout_seconds),
            memory_mib=inbox.memory_mib,
        )
        self._allow(store, queue, key)
        self.events.feed(self.function, batch_size=inbox.batch_size, max_concurrency=inbox.max_concurrency)
        self.rules.deliver(self.domains, bucket=self.bucket, topic=self.events.topic, zone=domain.zone)
        for event in EVENTS:
            self.function.count(event, metric=f"inbox_{event}", namespace=config.mail_metrics)

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on failed invocations, and on what waits or is given up."""
        return [self.function.alarm_on_errors(config, setting="inbox_errors"), *self.events.alarms(config)]

    def _allow(self, store: MailStore, queue: MailQueue, key: kms.IKey) -> None:
        self.function.allow("dynamodb:UpdateItem", on=[self.received.table_arn])
        # S3 says that there is no such key only to those who may list the bucket ("GetObject").
        self.function.allow("s3:ListBucket", on=[self.bucket.bucket_arn])
        self.function.allow("s3:GetObject", on=[self.bucket.arn_for_objects(f"{RECEIVED}*")])
        acknowledge(
            self.function.role,
            f"IAM5[Resource::<{logical_id(self.bucket)}.Arn>/{RECEIVED}*]",
            reason="SES names each mail that it puts into this bucket, and the function has to read every one of them",
        )
        if any(route.forward_to for route in self._inbox.routes):
            self._allow_forwarding(store, queue)
        if self.topics:
            self.function.allow("sns:Publish", on=[topic.topic_arn for topic in self.topics.values()])
            self.function.allow("kms:GenerateDataKey", "kms:Decrypt", on=[key.key_arn])

    def _allow_forwarding(self, store: MailStore, queue: MailQueue) -> None:
        self.function.allow("sqs:SendMessage", on=[queue.source.queue_arn])
        self.function.allow("s3:PutObject", on=[store.attachments.arn_for_objects(f"{FORWARDED}*")])
        acknowledge(
            self.function.role,
            f"IAM5[Resource::<{logical_id(store.attachments)}.Arn>/{FORWARDED}*]",
            reason="a mail that is sent on waits among the attachments under its own id, below one beginning of keys",
        )

    def _environment(self, config: StageConfig, store: MailStore, queue: MailQueue) -> dict[str, str]:
        """What the function reads once at its start."""
        routes = [
            {
                "name": route.name,
                "recipients": route.recipients,
                "forward_to": route.forward_to,
                "topic_arn": self.topics[route.name].topic_arn if route.publish else "",
            }
            for route in self._inbox.routes
        ]
        return {
            "RECEIVED_TABLE": self.received.table_name,
            "INBOX_BUCKET": self.bucket.bucket_name,
            "ATTACHMENTS_BUCKET": store.attachments.bucket_name,
            "MAIL_QUEUE_URL": queue.source.queue_url,
            "DEAD_LETTER_URL": self.events.queue.dead_letters.queue_url,
            "MAIL_DOMAIN": config.domain.domain,
            "RECEIVING_DOMAINS": json.dumps(self.domains),
            "ROUTES": json.dumps(routes),
            "VERDICTS": json.dumps(self._inbox.verdicts),
            "RECORD_DAYS": str(self._inbox.record_days),
            "MAX_FORWARD_BYTES": str(max(0, config.consumer.max_mail_bytes - FORWARD_ROOM)),
        }
