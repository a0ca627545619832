"""The account's sending quota: its figures as metrics, and who is told when little of it is left."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, StageConfig
from stacks.findings import acknowledge
from stacks.python_function import PythonFunction
from stacks.schedule import invoke_on_schedule

METRICS = ("quota_recipients", "sent_recipients", "quota_used_percent", "allowed_rate", "send_rate_too_high")
"""What the function writes down at each check."""


class MailQuota(Construct):
    """Asks SES every few minutes what it allows the account, and what of it is used."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        operation = config.operation
        self._used_percent = operation.quota_used_percent
        self.check = PythonFunction(
            self,
            "Check",
            description="writes down what SES lets the account send, and what is used of it",
            config=config.python,
            package="mail_quota",
            handler="mail_quota.handler.handle",
            shared=("mail_common",),
            environment={"NAMESPACE": config.mail_metrics, "SEND_RATE": str(config.consumer.send_rate)},
            timeout=Duration.minutes(1),
            memory_mib=256,
        )
        self.check.allow("ses:GetAccount", on=["*"])
        acknowledge(
            self.check.role,
            "IAM5[Resource::*]",
            reason="ses:GetAccount knows no resource; it only reads the account's quota and whether sending is enabled",
        )
        invoke_on_schedule(
            self,
            self.check,
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(operation.quota_check_minutes)),
            description="how much of the sending quota is used",
            retry_attempts=0,  # the next check comes anyway
        )
        self.metrics = {
            name: cloudwatch.Metric(
                namespace=config.mail_metrics,
                metric_name=name,
                statistic="Maximum",
                # Two checks, so that one that comes late leaves no gap.
                period=Duration.minutes(2 * operation.quota_check_minutes),
            )
            for name in METRICS
        }

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on a quota that is nearly used, on a rate that SES does not allow, and on failed checks."""
        return [
            alarm(
                self,
                "QuotaUsed",
                self.metrics["quota_used_percent"],
                config=config,
                threshold=self._used_percent,
                reason="the account has sent nearly as much in 24 hours as SES allows it, or the check tells nothing",
                source="setting quota_used_percent",
                section="the-sending-quota-is-nearly-used",
                # The check tells at each run: a schedule that is off would hide all of this.
                silence_alarms=True,
            ),
            alarm(
                self,
                "SendRateTooHigh",
                self.metrics["send_rate_too_high"],
                config=config,
                threshold=1,
                reason="send_rate is above what SES takes from the account a second: mails are throttled",
                source='what SES says ("GetAccount", Amazon SES API v2 reference)',
                section="send_rate-is-too-high",
            ),
            self.check.alarm_on_errors(config, setting="consumer_errors"),
        ]
