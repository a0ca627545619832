"""The scheduled check that lets a paused consumer go on."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.findings import acknowledge
from stacks.mail_domain import MailDomain
from stacks.mail_store import MailStore
from stacks.python_function import PythonFunction
from stacks.schedule import invoke_on_schedule

# What the check writes as `event` into its log, and the metric that counts it: a pause that lasts counts on.
EVENTS = {"still_paused": "paused", "resumed": "resumed"}


class ResumeCheck(Construct):
    """Looks every few minutes whether SES lets us send again, and enables the mappings that the consumer disabled."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        domain: MailDomain,
        mappings: Sequence[lambda_.EventSourceMapping],
        store: MailStore,
    ) -> None:
        super().__init__(scope, construct_id)
        self.check = PythonFunction(
            self,
            "Check",
            description="enables what the consumer disabled, once SES lets us send again",
            config=config.python,
            package="mail_consumer",
            handler="mail_consumer.resume.handle",
            shared=("mail_common",),
            environment={
                "SENDING_TABLE": store.sending.table_name,
                "MAIL_DOMAIN": domain.name,
                "CONFIGURATION_SET": domain.configuration_set.configuration_set_name,
                "QUOTA_HEADROOM": str(config.consumer.quota_headroom),
            },
            timeout=Duration.minutes(1),
            memory_mib=256,
        )
        self._allow(domain, mappings, store)
        invoke_on_schedule(
            self,
            self.check,
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(config.consumer.resume_check_minutes)),
            description="whether a paused mail consumer can go on",
            retry_attempts=0,  # the next check comes anyway
        )
        for event, metric in EVENTS.items():
            self.check.count(event, metric=metric, namespace=config.mail_metrics)

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define an alarm on failed checks: while they fail, a pause does not end."""
        return [self.check.alarm_on_errors(config, setting="consumer_errors")]

    def _allow(self, domain: MailDomain, mappings: Sequence[lambda_.EventSourceMapping], store: MailStore) -> None:
        self.check.allow("dynamodb:GetItem", "dynamodb:UpdateItem", on=[store.sending.table_arn])
        self.check.allow(
            "lambda:UpdateEventSourceMapping", on=[mapping.event_source_mapping_arn for mapping in mappings]
        )
        self.check.allow("ses:GetEmailIdentity", on=[domain.identity.email_identity_arn])
        self.check.allow("ses:GetConfigurationSet", on=[domain.configuration_set_arn])
        self.check.allow("ses:GetAccount", on=["*"])
        acknowledge(
            self.check.role,
            "IAM5[Resource::*]",
            reason="ses:GetAccount knows no resource; it only reads the account's quota and whether sending is enabled",
        )
