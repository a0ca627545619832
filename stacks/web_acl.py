"""What the firewall at the edge (AWS WAF) lets through, and its log."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, StageConfig
from stacks.origin_secrets import HEADER
from stacks.retention import RETENTION

ACL = wafv2.CfnWebACL
COUNT = ACL.RuleActionProperty(count={})
BLOCK = ACL.RuleActionProperty(block={})
RATE_SECONDS = 300

COMMON = "AWSManagedRulesCommonRuleSet"
MANAGED = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", COMMON)
# Rules of COMMON that would block what a post is: more than 8 KB, and HTML. They only count and label the request (the
# label is spelt a little otherwise); by the label a rule of ours blocks it where nobody writes ("Baseline rule groups",
# "Label match rule statement", AWS WAF developer guide).
BODY_LABELS = {
    "SizeRestrictions_BODY": "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body",
    "CrossSiteScripting_BODY": "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
}
# Where people write, as the path matches it.
WRITING = {"/write": "STARTS_WITH", "/contact": "EXACTLY"}
# Opens a session, an API or the load balancer to who reads it.
REDACTED = ("cookie", "authorization", HEADER.lower())


class WebAcl(Construct):
    """Managed rules, a limit for each address, and a log without what opens anything."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.metric_name = f"edgepost-{config.name}"
        self._counts = config.edge.web_acl_mode == "count"
        rules = [self._rate_limit(config.edge.rate_limit_requests), *map(self._managed, MANAGED), self._bodies()]
        self.acl = ACL(
            self,
            "Acl",
            scope="CLOUDFRONT",
            description="what the edge of Edgepost lets through",
            default_action=ACL.DefaultActionProperty(allow={}),
            visibility_config=_visible(self.metric_name),
            rules=[
                ACL.RuleProperty(**rule, priority=priority, visibility_config=_visible(rule["name"]))
                for priority, rule in enumerate(rules)
            ],
        )
        self._keep_log(config)

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define an alarm on many blocked requests: an attack, or a rule that blocks readers."""
        blocked = cloudwatch.Metric(
            namespace="AWS/WAFV2",
            metric_name="BlockedRequests",
            dimensions_map={"WebACL": self.metric_name, "Rule": "ALL"},
            statistic="Sum",
        )
        return [
            alarm(
                self,
                "Blocked",
                blocked,
                config=config,
                threshold=config.blocked_requests,
                reason="the web ACL blocks many requests: an attack, or a rule that takes readers for one",
                source="setting blocked_requests",
                section="many-requests-are-blocked",
            )
        ]

    def _rate_limit(self, requests: int) -> dict[str, object]:
        limit = ACL.RateBasedStatementProperty(
            aggregate_key_type="IP", limit=requests, evaluation_window_sec=RATE_SECONDS
        )
        return {
            "name": "RateLimit",
            "statement": ACL.StatementProperty(rate_based_statement=limit),
            "action": self._action,
        }

    def _managed(self, name: str) -> dict[str, object]:
        overrides = [
            ACL.RuleActionOverrideProperty(name=rule, action_to_use=COUNT) for rule in BODY_LABELS if name == COMMON
        ]
        group = ACL.ManagedRuleGroupStatementProperty(
            vendor_name="AWS", name=name, rule_action_overrides=overrides or None
        )
        return {
            "name": name,
            "statement": ACL.StatementProperty(managed_rule_group_statement=group),
            # A group's rules have actions of their own, which can only be overridden as a whole.
            "override_action": ACL.OverrideActionProperty(**{"count" if self._counts else "none": {}}),
        }

    def _bodies(self) -> dict[str, object]:
        labelled = [
            ACL.StatementProperty(label_match_statement=ACL.LabelMatchStatementProperty(scope="LABEL", key=label))
            for label in BODY_LABELS.values()
        ]
        elsewhere = [
            ACL.StatementProperty(not_statement=ACL.NotStatementProperty(statement=_on(path, how)))
            for path, how in WRITING.items()
        ]
        conditions = [ACL.StatementProperty(or_statement=ACL.OrStatementProperty(statements=labelled)), *elsewhere]
        return {
            "name": "BodiesElsewhere",
            "statement": ACL.StatementProperty(and_statement=ACL.AndStatementProperty(statements=conditions)),
            "action": self._action,
        }

    @property
    def _action(self) -> wafv2.CfnWebACL.RuleActionProperty:
        return COUNT if self._counts else BLOCK

    def _keep_log(self, config: StageConfig) -> None:
        stack = Stack.of(self)
        # AWS demands the beginning of the name.
        name = f"aws-waf-logs-edgepost-{config.name}"
        group = logs.LogGroup(self, "Log", log_group_name=name, retention=RETENTION[config.edge.web_acl_log_days])
        # As AWS would write it by itself behind CloudFormation's back ("Enable logging from AWS services").
        delivery = iam.PolicyStatement(
            principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[group.log_group_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": stack.format_arn(service="logs", resource="*")},
            },
        )
        # Named, for the library's own name says nothing of the stage, and policies are told apart by it.
        policy = logs.ResourcePolicy(self, "LogPolicy", resource_policy_name=name, policy_statements=[delivery])
        logging = wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            # Without the `:*` that the log group's own ARN ends with.
            log_destination_configs=[f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:{name}"],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
                for header in REDACTED
            ],
        )
        logging.node.add_dependency(group, policy)


def _on(path: str, how: str) -> wafv2.CfnWebACL.StatementProperty:
    return ACL.StatementProperty(
        byte_match_statement=ACL.ByteMatchStatementProperty(
            field_to_match=ACL.FieldToMatchProperty(uri_path={}),
            positional_constraint=how,
            search_string=path,
            text_transformations=[ACL.TextTransformationProperty(priority=0, type="NONE")],
        )
    )


def _visible(metric_name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return ACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric_name, sampled_requests_enabled=True
    )
