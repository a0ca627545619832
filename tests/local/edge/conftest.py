"""A distribution with a behavior for each kind of content."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from tests.local.edge.site import (
    CACHING_DISABLED,
    EVERY_METHOD,
    OriginServer,
    Site,
    behavior,
    cache_policy,
    custom_origin,
    distribution,
    items,
    named,
)


@pytest.fixture(scope="session")
def cloudfront(cloud: Cloud) -> Any:
    return cloud.client("cloudfront", "us-east-1")


@pytest.fixture(scope="session")
def origin() -> Iterator[OriginServer]:
    server = OriginServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def site(cloud: Cloud, cloudfront: Any, origin: OriginServer) -> Site:
    pages = cache_policy(
        cloudfront,
        ttl=(0, 60, 3600),
        gzip=True,
        headers=["X-Kind"],
        cookies=["theme"],
        query_strings=["page"],
    )
    minimum = cache_policy(cloudfront, ttl=(100, 100, 3600))
    for_everybody = behavior(pages, ResponseHeadersPolicyId=_response_headers(cloudfront))
    paths = {
        "/minimum/*": behavior(minimum),
        "/forms/*": behavior(
            CACHING_DISABLED, methods=EVERY_METHOD, OriginRequestPolicyId=_everything_to_the_origin(cloudfront)
        ),
        "/secure/*": behavior(pages, protocol="redirect-to-https"),
        "/secret/*": behavior(pages, protocol="https-only"),
    }
    config = distribution(
        custom_origin(origin.port),
        default=for_everybody,
        CacheBehaviors=items([{"PathPattern": pattern, **each} for pattern, each in paths.items()]),
        CustomErrorResponses=items(
            [
                {"ErrorCode": 404, "ErrorCachingMinTTL": 20},
                {"ErrorCode": 501, "ErrorCachingMinTTL": 20, "ResponsePagePath": "/sorry", "ResponseCode": "200"},
            ]
        ),
    )
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    return Site(cloud=cloud, origin=origin, id=made["Id"], domain=made["DomainName"])


def _everything_to_the_origin(cloudfront: Any) -> str:
    config = {
        "Name": f"edge-{uuid4().hex[:8]}",
        **named("Header", ["Sec-Fetch-Site", "CloudFront-Forwarded-Proto"]),
        **named("Cookie", ["*"]),
        **named("QueryString", ["*"]),
    }
    return cloudfront.create_origin_request_policy(OriginRequestPolicyConfig=config)["OriginRequestPolicy"]["Id"]


def _response_headers(cloudfront: Any) -> str:
    config = {
        "Name": f"edge-{uuid4().hex[:8]}",
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": {
                "Override": True,
                "AccessControlMaxAgeSec": 63072000,
                "IncludeSubdomains": True,
                "Preload": True,
            },
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"Override": False, "FrameOption": "DENY"},
            "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "same-origin"},
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'self'"},
        },
        "CustomHeadersConfig": items([{"Header": "X-Own", "Value": "edge", "Override": True}]),
        "RemoveHeadersConfig": items([{"Header": "X-Powered-By"}]),
    }
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    return made["ResponseHeadersPolicy"]["Id"]
