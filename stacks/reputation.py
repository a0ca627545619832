"""The sender's reputation as SES measures it: who is told, and what stops by itself."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, StageConfig
from stacks.mail_domain import MailDomain
from stacks.python_function import PythonFunction

RATES = {"bounce": "Reputation.BounceRate", "complaint": "Reputation.ComplaintRate"}
REVIEW, PAUSE = "review", "pause"
WHAT_TO_DO = {
    REVIEW: "AWS reviews an account from here: find what is sent to whom and send no more of it; the delivery records "
    "tell who bounced or complained",
    PAUSE: "AWS may pause the account from here: disable the configuration set until it is known what is sent to whom "
    "and why",
}


class Reputation(Construct):
    """An alarm for each rate at each level and, by setting, a function that disables sending at the higher level.

    The rates are those of all the account's mails in the region, by which AWS judges it ("Creating reputation
    monitoring alarms using CloudWatch", Amazon SES developer guide).
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, domain: MailDomain, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._alarms = {(kind, level): self._alarm(kind, level, config) for kind in RATES for level in (REVIEW, PAUSE)}
        self.pausing = self._pausing(config, domain, key) if config.feedback.pause_on_reputation else None

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Return the alarms on the rates, and one on the function that should have disabled sending."""
        failing = [self.pausing.alarm_on_errors(config, setting="feedback_errors")] if self.pausing else []
        return [*self._alarms.values(), *failing]

    def _alarm(self, kind: str, level: str, config: StageConfig) -> cloudwatch.Alarm:
        rate = cloudwatch.Metric(
            namespace="AWS/SES", metric_name=RATES[kind], statistic="Maximum", period=Duration.hours(1)
        )
        setting = f"{kind}_{level}_percent"
        percent: float = getattr(config.feedback, setting)
        return alarm(
            self,
            f"{kind.capitalize()}{level.capitalize()}",
            rate,
            config=config.alarms,
            # The metric is a part of one ("Creating reputation monitoring alarms using CloudWatch").
            threshold=percent / 100,
            reason=f"{kind}s reach {percent:g} percent of the account's mails. {WHAT_TO_DO[level]}",
            source=f'setting {setting}, by "Creating reputation monitoring alarms using CloudWatch"',
            section=f"{kind}s-reach-the-level-of-a-{level}",
        )

    def _pausing(self, config: StageConfig, domain: MailDomain, key: kms.IKey) -> PythonFunction:
        function = PythonFunction(
            self,
            "Pausing",
            description="disables sending when the reputation is in danger",
            config=config.python,
            package="mail_feedback",
            shared=("mail_common",),
            handler="mail_feedback.reputation.handle",
            environment={"CONFIGURATION_SET": domain.configuration_set.configuration_set_name},
            timeout=Duration.minutes(1),
            memory_mib=256,
        )
        function.allow("ses:PutConfigurationSetSendingOptions", on=[domain.configuration_set_arn])
        function.count("sending_stopped", metric="sending_stopped", namespace=config.mail_metrics)
        topic = sns.Topic(self, "Danger", master_key=key, enforce_ssl=True)
        topic.grant_publish(
            iam.ServicePrincipal(
                "cloudwatch.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
            )
        )
        topic.add_subscription(subscriptions.LambdaSubscription(function.function))
        for kind in RATES:
            self._alarms[kind, PAUSE].add_alarm_action(actions.SnsAction(topic))
        return function
