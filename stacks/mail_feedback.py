"""What becomes of mails once they are sent: SES's events, the function that takes them in, and the reputation."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ses as ses
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.mail_domain import MailDomain
from stacks.mail_store import MailStore
from stacks.python_function import PythonFunction
from stacks.reputation import Reputation
from stacks.ses_events import SesEvents

# What SES tells of a mail, by the names that CloudFormation has for it.
KINDS = ("send", "delivery", "bounce", "complaint", "reject", "deliveryDelay", "renderingFailure")
# What the function writes as `event` into its log; each becomes a metric.
EVENTS = (
    "delivered",
    "delayed",
    "bounced",
    "complained",
    "suppressed",
    "on_account_list",
    "rejected",
    "failed",
    "unreadable",
    "fault",
)


class MailFeedback(Construct):
    """The events of the configuration set, and the function that keeps delivery records and suppressions by them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        domain: MailDomain,
        store: MailStore,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        feedback = config.feedback
        self.events = SesEvents(
            self,
            "Events",
            config=config,
            name="mail-feedback",
            key=key,
            source_arn=domain.configuration_set_arn,
            timeout_seconds=feedback.timeout_seconds,
            max_receive_count=feedback.max_receive_count,
            given_up="an event of a mail was given up: its delivery record, and suppressions by it, may be missing",
            late="events of mails wait longer than they should: the feedback function is slow or failing",
        )
        self.function = PythonFunction(
            self,
            "Function",
            description="keeps delivery records and suppressions by what SES tells of mails",
            config=config.python,
            package="mail_feedback",
            shared=("mail_common",),
            handler="mail_feedback.handler.handle",
            environment={
                "DELIVERIES_TABLE": store.deliveries.table_name,
                "SUPPRESSIONS_TABLE": store.suppressions.table_name,
                "DEAD_LETTER_URL": self.events.queue.dead_letters.queue_url,
                "RECORD_DAYS": str(config.consumer.record_days),
                "TRANSIENT_BOUNCES": str(feedback.transient_bounces),
                "TRANSIENT_DAYS": str(feedback.transient_days),
            },
            timeout=Duration.seconds(feedback.timeout_seconds),
            memory_mib=feedback.memory_mib,
        )
        self._allow(store)
        self.events.feed(self.function, batch_size=10, max_concurrency=feedback.max_concurrency)
        self._tell(domain)
        for event in EVENTS:
            self.function.count(event, metric=f"feedback_{event}", namespace=config.mail_metrics)
        self.reputation = Reputation(self, "Reputation", config=config, domain=domain, key=key)

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on failed invocations, on what waits or is given up, and on the reputation."""
        return [
            self.function.alarm_on_errors(config, setting="feedback_errors"),
            *self.events.alarms(config),
            *self.reputation.alarms(config),
        ]

    def _allow(self, store: MailStore) -> None:
        self.function.allow(
            "dynamodb:BatchGetItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", on=[store.deliveries.table_arn]
        )
        self.function.allow("dynamodb:UpdateItem", on=[store.suppressions.table_arn])

    def _tell(self, domain: MailDomain) -> None:
        topic = self.events.topic
        destination = ses.CfnConfigurationSetEventDestination(
            self,
            "Destination",
            configuration_set_name=domain.configuration_set.configuration_set_name,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                enabled=True,
                matching_event_types=[*KINDS],
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=topic.topic_arn
                ),
            ),
        )
        # SES tries the topic at once, so that its policy has to be there.
        destination.node.add_dependency(topic)
