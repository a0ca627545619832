"""How SES takes mail in: the rule, the rule set it stands in and whether that is the active one, and the MX records."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Sequence

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import StageConfig
from stacks.config_inbox import InboxConfig
from stacks.findings import acknowledge
from stacks.mail_domain import RECORD_TTL
from stacks.python_function import PythonFunction
from stacks.ses_events import SES

RECEIVED = "received/"
"""What the keys of received mails begin with."""
# CloudFormation would wait an hour for an answer.
ANSWER_WITHIN = Duration.minutes(3)


class ReceiptRules(Construct):
    """One rule for all receiving domains: over TLS only, scanned, into a bucket, and a topic is told.

    Of an account's rule sets in a region one is active, so that ours is activated by a function that refuses to silence
    somebody else's, or the rule is added to a set that is there.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig, inbox: InboxConfig) -> None:
        super().__init__(scope, construct_id)
        self._config, self._inbox = config, inbox
        # Named, since the policies that the rule needs beforehand name it.
        self._rule_name = f"edgepost-{config.name}"
        self.rule_set_name = inbox.existing_rule_set or ses.CfnReceiptRuleSet(self, "RuleSet").ref

    @property
    def rule_arn(self) -> str:
        """By which policies know the rule."""
        return Stack.of(self).format_arn(
            service="ses",
            resource="receipt-rule-set",
            resource_name=f"{self.rule_set_name}:receipt-rule/{self._rule_name}",
        )

    def deliver(
        self, domains: Sequence[str], *, bucket: s3.Bucket, topic: sns.Topic, zone: route53.IHostedZone
    ) -> None:
        """Let SES receive for these domains, once it may write to the bucket and publish to the topic."""
        self._let_in(bucket)
        action = ses.CfnReceiptRule.ActionProperty(
            s3_action=ses.CfnReceiptRule.S3ActionProperty(
                bucket_name=bucket.bucket_name, object_key_prefix=RECEIVED, topic_arn=topic.topic_arn
            )
        )
        rule = ses.CfnReceiptRule(
            self,
            "Rule",
            rule_set_name=self.rule_set_name,
            rule=ses.CfnReceiptRule.RuleProperty(
                name=self._rule_name,
                enabled=True,
                recipients=[*domains],
                tls_policy="Require",
                scan_enabled=True,
                actions=[action],
            ),
        )
        # SES tries both at once, so that their policies have to be there.
        rule.node.add_dependency(bucket, topic)
        active = self._activate()
        active.node.add_dependency(rule)
        for number, domain in enumerate(domains, start=1):
            self._mx_record(f"Mx{number}", domain, zone).node.add_dependency(active)

    def _let_in(self, bucket: s3.Bucket) -> None:
        """Let SES write for this rule ("Giving permissions to Amazon SES for email receiving")."""
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[SES],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"{RECEIVED}*")],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account, "aws:SourceArn": self.rule_arn}
                },
            )
        )

    def _activate(self) -> CustomResource:
        function = PythonFunction(
            self,
            "Activation",
            description="activates the receipt rule set, unless that would silence another",
            config=self._config.python,
            package="mail_inbox",
            shared=("mail_common", "custom_resource"),
            handler="mail_inbox.activation.handle",
            environment={},
            timeout=Duration.minutes(1),
            memory_mib=256,
        )
        function.allow("ses:DescribeActiveReceiptRuleSet", "ses:SetActiveReceiptRuleSet", on=["*"])
        acknowledge(
            function.role,
            "IAM5[Resource::*]",
            reason="which receipt rule set is active is a setting of the account's region, for which both actions know "
            "no resource",
        )
        active = CustomResource(
            self,
            "Active",
            resource_type="Custom::ActiveReceiptRuleSet",
            service_token=function.function.function_arn,
            service_timeout=ANSWER_WITHIN,
            properties={
                "RuleSetName": self.rule_set_name,
                "TakeOver": str(self._inbox.take_over).lower(),
                "Mode": "existing" if self._inbox.existing_rule_set else "activate",
            },
        )
        active.node.add_dependency(function)
        return active

    def _mx_record(self, construct_id: str, domain: str, zone: route53.IHostedZone) -> route53.MxRecord:
        """Send others to SES ("Publishing an MX record for Amazon SES email receiving")."""
        receiver = route53.MxRecordValue(priority=10, host_name=f"inbound-smtp.{Stack.of(self).region}.amazonaws.com")
        # With the dot that ends a whole name, which keeps the library from putting the zone's name behind it.
        return route53.MxRecord(
            self, construct_id, zone=zone, record_name=f"{domain}.", values=[receiver], ttl=RECORD_TTL
        )
