"""The Mail stack: mail requests come in through queues, mails go out through SES."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import StageConfig
from stacks.mail_delivery import MailDelivery
from stacks.mail_domain import MailDomain
from stacks.mail_feedback import MailFeedback
from stacks.mail_inbox import MailInbox
from stacks.mail_queue import MailQueue
from stacks.mail_quota import MailQuota
from stacks.mail_resume import ResumeCheck
from stacks.mail_store import MailStore
from stacks.ses_events import events_key
from stacks.stage_stack import StageStack


class MailStack(StageStack):
    """Domain, queues, store, consumer, the checks of pause and quota, what takes in SES's events, and the inbox."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, alarm_topic: sns.ITopic) -> None:
        super().__init__(scope, construct_id, config=config, description="mail requests by queue, mails by SES")
        self.domain = MailDomain(self, "MailDomain", config=config.domain)
        self.store = MailStore(self, "Store", config=config)
        self.standard = MailQueue(self, "Standard", queue_name=f"edgepost-{config.name}-mail", config=config)
        self.fifo = MailQueue(self, "Fifo", queue_name=f"edgepost-{config.name}-mail.fifo", config=config)
        self.delay = MailQueue(
            self,
            "Delay",
            queue_name=f"edgepost-{config.name}-mail-delay",
            config=config,
            delay_seconds=config.queues.delay_seconds,
        )
        queues = [self.standard, self.fifo, self.delay]
        # Signs links to unsubscribe, and tells whether one is ours: nobody has the key itself.
        self.unsubscribe_key = kms.Key(
            self,
            "LinkKey",
            description="signs links to unsubscribe from mails of Edgepost",
            key_spec=kms.KeySpec.HMAC_256,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
        )
        self.delivery = MailDelivery(
            self,
            "Delivery",
            config=config,
            domain=self.domain,
            queues=queues,
            store=self.store,
            unsubscribe_key=self.unsubscribe_key,
        )
        key = events_key(self, "EventsKey")
        self.feedback = MailFeedback(self, "Feedback", config=config, domain=self.domain, store=self.store, key=key)
        self.inbox = self._inbox(config, key)
        self.resume = ResumeCheck(
            self, "Resume", config=config, domain=self.domain, mappings=self.delivery.mappings, store=self.store
        )
        self.quota = MailQuota(self, "Quota", config=config)

        watched = [
            *queues,
            self.delivery,
            self.feedback,
            self.resume,
            self.quota,
            *([self.inbox] if self.inbox else []),
        ]
        self.tell(alarm_topic, (alarm for construct in watched for alarm in construct.alarms(config.alarms)))
        self._outputs()

    def _inbox(self, config: StageConfig, key: kms.IKey) -> MailInbox | None:
        if not config.inbox:
            return None
        inbox = MailInbox(
            self,
            "Inbox",
            config=config,
            inbox=config.inbox,
            domain=self.domain,
            store=self.store,
            queue=self.standard,
            key=key,
        )
        self.output(
            ReceivingDomain=inbox.domains[0],
            InboxBucket=inbox.bucket.bucket_name,
            ReceivedTable=inbox.received.table_name,
            InboxQueueUrl=inbox.events.queue.source.queue_url,
            InboxDeadLetterQueueUrl=inbox.events.queue.dead_letters.queue_url,
            InboxFunction=inbox.function.function.function_name,
            ReceiptRuleSet=inbox.rules.rule_set_name,
            **{f"RouteTopic{_camel(name)}": topic.topic_arn for name, topic in inbox.topics.items()},
        )
        return inbox

    def _outputs(self) -> None:
        standard, fifo, delay = self.delivery.mappings
        self.output(
            Domain=self.domain.name,
            HostedZoneId=self.domain.zone.hosted_zone_id,
            ConfigurationSet=self.domain.configuration_set.configuration_set_name,
            StandardQueueUrl=self.standard.source.queue_url,
            FifoQueueUrl=self.fifo.source.queue_url,
            DelayQueueUrl=self.delay.source.queue_url,
            StandardDeadLetterQueueUrl=self.standard.dead_letters.queue_url,
            FifoDeadLetterQueueUrl=self.fifo.dead_letters.queue_url,
            DelayDeadLetterQueueUrl=self.delay.dead_letters.queue_url,
            StandardMapping=standard.event_source_mapping_id,
            FifoMapping=fifo.event_source_mapping_id,
            DelayMapping=delay.event_source_mapping_id,
            DeliveriesTable=self.store.deliveries.table_name,
            SendingTable=self.store.sending.table_name,
            SuppressionsTable=self.store.suppressions.table_name,
            UnsubscribeKey=self.unsubscribe_key.key_arn,
            AttachmentsBucket=self.store.attachments.bucket_name,
            ConsumerFunction=self.delivery.consumer.function.function_name,
            QuotaFunction=self.quota.check.function.function_name,
            ResumeFunction=self.resume.check.function.function_name,
            FeedbackTopic=self.feedback.events.topic.topic_arn,
            FeedbackQueueUrl=self.feedback.events.queue.source.queue_url,
            FeedbackDeadLetterQueueUrl=self.feedback.events.queue.dead_letters.queue_url,
            FeedbackFunction=self.feedback.function.function.function_name,
        )


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
