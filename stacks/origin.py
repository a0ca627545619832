"""How CloudFront reaches the load balancer."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from stacks.config import StageConfig
from stacks.load_balancer import LoadBalancer
from stacks.origin_secrets import HEADER, origin_secret

PROTOCOL = cloudfront.OriginProtocolPolicy


def load_balancer_origin(scope: Construct, *, config: StageConfig, front: LoadBalancer) -> cloudfront.IOrigin:
    """Return the load balancer as an origin: inside the VPC, or on the internet with the secret.

    With a site's name CloudFront speaks https to it and checks its certificate against the Host that it forwards
    ("Require HTTPS for communication between CloudFront and your custom origin").
    """
    timing: dict[str, Any] = {
        # Longer than any answer takes, so that the reader gets the application's own word for what went wrong.
        "read_timeout": Duration.seconds(config.web.timeout_seconds + 1),
        # Shorter than the load balancer keeps an idle connection.
        "keepalive_timeout": Duration.seconds(50),
    }
    if config.edge.origin == "public":
        return origins.HttpOrigin(
            front.balancer.load_balancer_dns_name,
            protocol_policy=PROTOCOL.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            custom_headers={HEADER: origin_secret(config, config.edge.origin_secret)},
            **timing,
        )
    name, protocol = ("Https443", PROTOCOL.HTTPS_ONLY) if config.web.site_domain else ("Http80", PROTOCOL.HTTP_ONLY)
    vpc_origin = cloudfront.VpcOrigin(
        scope,
        # A VPC origin in use cannot be updated: another protocol and port are another one.
        f"VpcOrigin{name}",
        endpoint=cloudfront.VpcOriginEndpoint.application_load_balancer(front.balancer),
        protocol_policy=protocol,
        http_port=80,
        https_port=443,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
    )
    return origins.VpcOrigin.with_vpc_origin(vpc_origin, **timing)
