"""The distribution: what CloudFront answers itself, what it asks the load balancer, and under which name."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from aws_cdk import Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from stacks.alarms import alarm
from stacks.config import AlarmConfig, StageConfig
from stacks.edge_policies import EdgePolicies
from stacks.findings import acknowledge
from stacks.ttl import API, ERROR_SECONDS, EVERYTHING_ELSE, FORMS, policies_by_path

METHODS = cloudfront.AllowedMethods
# What is not read is sent to these; everything else is only read.
WRITABLE = frozenset({FORMS.name, API.name})


class SiteDistribution(Construct):
    """A distribution over HTTP/2 and 3, IPv4 and 6, with the site's name if the stage has one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        comment: str,
        origin: cloudfront.IOrigin,
        web_acl_arn: str,
        zone: route53.IHostedZone,
    ) -> None:
        super().__init__(scope, construct_id)
        name = config.web.site_domain
        policies = EdgePolicies(self, "Policies", config=config)
        behaviours = {
            pattern: self._behaviour(policy.name, origin, policies) for pattern, policy in policies_by_path().items()
        }
        self.has_additional_metrics = config.edge.additional_metrics
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=comment,
            default_behavior=behaviours.pop(EVERYTHING_ELSE),
            additional_behaviors=behaviours,
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(seconds))
                for status, seconds in ERROR_SECONDS.items()
            ],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_ipv6=True,
            web_acl_id=web_acl_arn,
            certificate=self._certificate(name, zone) if name else None,
            domain_names=[name] if name else None,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if name else None,
            publish_additional_metrics=self.has_additional_metrics or None,
        )
        self._acknowledge(has_name=bool(name))
        if name:
            self._alias_records(name, zone)

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define an alarm on errors, and with additional metrics those on a slow origin and on what the edge misses."""
        errors = alarm(
            self,
            "Errors",
            self._metric("5xxErrorRate"),
            config=config,
            threshold=config.edge_error_percent,
            reason="readers get answers with a status of 500 or more",
            source="setting edge_error_percent",
            section="readers-get-errors",
        )
        return [errors, *(self._additional_alarms(config) if self.has_additional_metrics else ())]

    def _additional_alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        misses = cloudwatch.MathExpression(
            expression="100 - hits",
            label="percent that went to the load balancer",
            using_metrics={"hits": self._metric("CacheHitRate")},
            period=Duration.hours(1),
        )
        return [
            alarm(
                self,
                "Misses",
                misses,
                config=config,
                threshold=config.edge_miss_percent,
                reason="the edge answers little itself: something splits the cache or forbids to keep pages",
                source="setting edge_miss_percent",
                section="the-edge-answers-little-itself",
            ),
            alarm(
                self,
                "SlowOrigin",
                self._metric("OriginLatency", statistic="p90"),
                config=config,
                threshold=config.edge_origin_ms,
                reason="the load balancer takes long to answer what the edge asks it",
                source="setting edge_origin_ms",
                section="the-origin-is-slow",
            ),
        ]

    def _metric(self, name: str, *, statistic: str = "Average") -> cloudwatch.Metric:
        # The library's own metrics lack the Region, without which they are empty ("Get CloudFront metrics from the
        # CloudWatch API").
        dimensions = {"DistributionId": self.distribution.distribution_id, "Region": "Global"}
        return cloudwatch.Metric(
            namespace="AWS/CloudFront", metric_name=name, dimensions_map=dimensions, statistic=statistic
        )

    def _behaviour(self, policy: str, origin: cloudfront.IOrigin, policies: EdgePolicies) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origin,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            allowed_methods=METHODS.ALLOW_ALL if policy in WRITABLE else METHODS.ALLOW_GET_HEAD,
            cache_policy=policies.cache[policy],
            origin_request_policy=policies.origin_request.get(policy),
            response_headers_policy=policies.response_headers,
            compress=True,
        )

    def _certificate(self, name: str, zone: route53.IHostedZone) -> acm.Certificate:
        """Define a certificate, in the stack's region: that of the edge, where CloudFront wants it."""
        return acm.Certificate(
            self, "Certificate", domain_name=name, validation=acm.CertificateValidation.from_dns(zone)
        )

    def _alias_records(self, name: str, zone: route53.IHostedZone) -> None:
        target = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
        for construct_id, record in (("Address", route53.ARecord), ("AddressV6", route53.AaaaRecord)):
            # With the dot that ends a whole name, which keeps the library from putting the zone's name behind it.
            record(self, construct_id, zone=zone, record_name=f"{name}.", target=target)

    def _acknowledge(self, *, has_name: bool) -> None:
        acknowledge(
            self.distribution,
            "CFR1",
            reason="a blog is for readers everywhere, so that no country is left out",
        )
        acknowledge(
            self.distribution,
            "CFR3",
            reason="access logs are delivered by standard logging (v2), which is no property of the distribution and "
            "which the rule does not see",
        )
        if not has_name:
            acknowledge(
                self.distribution,
                "CFR4",
                reason="without a name of its own the site has CloudFront's certificate, with which CloudFront fixes "
                "the oldest protocol at TLSv1",
            )
