"""The load balancer: the one way into the VPC, and only for CloudFront."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, StageConfig
from stacks.findings import acknowledge
from stacks.network import NetworkStack
from stacks.origin_secrets import HEADER, OriginSecrets
from stacks.private_bucket import private_bucket

EVERY_PATH = 100
"""The priority of the rule for every path; those for single paths come before it."""


class LoadBalancer(Construct):
    """A load balancer with one listener, which serves one target group whatever is in it, and others at single paths.

    It is internal. On the internet, where a stage wants that, it answers 403 to what does not show the secret.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        network: NetworkStack,
        zone: route53.IHostedZone,
    ) -> None:
        super().__init__(scope, construct_id)
        self.balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            vpc_subnets=network.balancer_subnets,
            internet_facing=config.edge.origin == "public",
            # Lets nothing out either: a function is invoked without the network, other targets bring their own rule.
            security_group=ec2.SecurityGroup(
                self,
                "SecurityGroup",
                vpc=network.vpc,
                description="the load balancer of Edgepost",
                allow_all_outbound=False,
            ),
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elbv2.DesyncMitigationMode.STRICTEST,
            http2_enabled=True,
            # Longer than any answer takes (timeout_seconds) and than CloudFront keeps an idle connection.
            idle_timeout=Duration.seconds(60),
            deletion_protection=config.protected,
        )
        self._keep_access_logs(days=config.web.access_log_days)
        self.secrets = OriginSecrets(self, "OriginSecrets", config=config) if config.edge.origin == "public" else None
        self.listener = self._listener(config.web.site_domain, zone)
        # The list counts as 55 of the 60 rules that a security group may have ("AWS-managed prefix lists").
        self.listener.connections.allow_default_port_from(
            ec2.Peer.prefix_list(config.web.cloudfront_prefix_list), "CloudFront"
        )

    def serve(self, target_group: elbv2.ApplicationTargetGroup) -> None:
        """Forward every request to this target group, of those that may come in."""
        self.target_group = target_group
        if self.secrets is None:
            self.listener.add_target_groups("Default", target_groups=[target_group])
            return
        self.listener.add_action("Default", action=elbv2.ListenerAction.fixed_response(403))
        self._rule("FromCloudFront", target_group, priority=EVERY_PATH)

    def serve_at(self, path: str, target_group: elbv2.ApplicationTargetGroup, *, priority: int) -> None:
        """Forward requests for one path to another target group, of those that may come in."""
        paths = elbv2.ListenerCondition.path_patterns([path])
        self._rule(f"At {path}", target_group, priority=priority, conditions=[paths])

    def _rule(
        self,
        construct_id: str,
        target_group: elbv2.ApplicationTargetGroup,
        *,
        priority: int,
        conditions: Sequence[elbv2.ListenerCondition] = (),
    ) -> None:
        secret = [elbv2.ListenerCondition.http_header(HEADER, self.secrets.values)] if self.secrets else []
        rule = elbv2.ApplicationListenerRule(
            self,
            construct_id,
            listener=self.listener,
            priority=priority,
            conditions=[*secret, *conditions],
            target_groups=[target_group],
        )
        if self.secrets:
            rule.node.add_dependency(self.secrets)

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define alarms on answers that are errors, of the load balancer or of what it serves, and on a sick target."""
        answers = self.balancer.metrics
        return [
            alarm(
                self,
                "NoAnswers",
                answers.http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT),
                config=config,
                threshold=config.server_errors,
                reason="the load balancer answers 5xx itself: what it serves fails or is too slow",
                source="setting server_errors",
                section="the-load-balancer-answers-5xx-itself",
            ),
            alarm(
                self,
                "ServerErrors",
                answers.http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT),
                config=config,
                threshold=config.server_errors,
                reason="what the load balancer serves answers 5xx",
                source="setting server_errors",
                section="the-site-answers-5xx",
            ),
            alarm(
                self,
                "Unhealthy",
                self.target_group.metrics.unhealthy_host_count(statistic="Maximum"),
                config=config,
                threshold=1,
                reason="what the load balancer serves fails its health check",
                source='the only target there is ("Health checks for Application Load Balancer target groups")',
                section="the-blog-fails-its-health-check",
            ),
            alarm(
                self,
                "Slow",
                answers.target_response_time(statistic="p90"),
                config=config,
                threshold=config.answer_ms / 1000,
                reason="what the load balancer serves takes long to answer",
                source="setting answer_ms",
                section="the-site-is-slow",
            ),
        ]

    def _keep_access_logs(self, *, days: int) -> None:
        # Encrypted by S3 itself, the only kind that access logs allow ("Enable access logs for your Application Load
        # Balancer").
        logs = private_bucket(self, "AccessLogs", keep_days=days)
        acknowledge(
            logs,
            "S1",
            reason="this bucket is where access logs go; logging the access to it would only make logs about logs",
        )
        self.balancer.log_access_logs(logs)

    def _listener(self, site_domain: str, zone: route53.IHostedZone) -> elbv2.ApplicationListener:
        if not site_domain:
            # Without a name there is no certificate; what comes is CloudFront's traffic inside the VPC.
            return self.balancer.add_listener("Http", protocol=elbv2.ApplicationProtocol.HTTP, open=False)
        return self.balancer.add_listener(
            "Https",
            protocol=elbv2.ApplicationProtocol.HTTPS,
            certificates=[
                acm.Certificate(
                    self,
                    "Certificate",
                    domain_name=site_domain,
                    validation=acm.CertificateValidation.from_dns(zone),
                )
            ],
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ,
            open=False,
        )
