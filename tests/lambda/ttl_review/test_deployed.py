"""The policies in force, read through CloudFront's API as the embedded cloud has it."""

from typing import Any
from unittest.mock import Mock

import pytest

from local.cloud import Cloud
from tests.cloud_parts import put_stack
from tests.local.edge_templates import EDGE, outputs, resource
from ttl_review.deployed import Behaviour, Deployed, UnknownPolicyError, read
from ttl_review.model import Policy

NO_KEY: dict[str, Any] = {
    "EnableAcceptEncodingGzip": False,
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}


def cache_policy(name: str, *, times: tuple[int, ...] = (0, 0, 86_400), **key: Any) -> dict[str, Any]:
    names = dict(zip(("MinTTL", "DefaultTTL", "MaxTTL"), times, strict=False))
    return {"Name": name, "ParametersInCacheKeyAndForwardedToOrigin": NO_KEY | key, **names}


def some(kind: str, *names: str) -> dict[str, Any]:
    return {f"{kind}Behavior": "whitelist", f"{kind}s": {"Quantity": len(names), "Items": list(names)}}


def client(behaviours: dict[str, dict[str, Any]], cache: dict[str, Any], origin: dict[str, Any], **more: Any) -> Mock:
    """CloudFront's API over what it is to say; the last behaviour is the default one."""
    given = [{"PathPattern": pattern, "Compress": True, **told} for pattern, told in behaviours.items()]
    default = {name: value for name, value in given.pop().items() if name != "PathPattern"}
    config = {"CacheBehaviors": {"Quantity": len(given), "Items": given}, "DefaultCacheBehavior": default, **more}
    api = Mock()
    api.get_distribution_config.return_value = {"DistributionConfig": config}
    api.get_cache_policy.side_effect = lambda Id: {"CachePolicy": {"CachePolicyConfig": cache[Id]}}  # noqa: N803
    api.get_origin_request_policy.side_effect = lambda Id: {  # noqa: N803
        "OriginRequestPolicy": {"OriginRequestPolicyConfig": origin[Id]}
    }
    return api


def deployed(behaviours: dict[str, dict[str, Any]], *, origin: dict[str, Any] | None = None, **cache: Any) -> Deployed:
    return read(client(behaviours, cache, origin or {}), "E2", stage="dev")


def test_each_behaviour_has_its_policy_by_the_name_that_the_project_knows() -> None:
    cache = {
        "1": cache_policy(
            "edgepost-dev-pages",
            EnableAcceptEncodingGzip=True,
            QueryStringsConfig=some("QueryString", "page"),
            HeadersConfig=some("Header", "Host"),
            CookiesConfig=some("Cookie", "theme"),
        ),
        "2": cache_policy("Managed-CachingDisabled", times=(0, 0, 0)),
        "3": cache_policy("everything", QueryStringsConfig={"QueryStringBehavior": "all"}, times=(5,))
        | {
            "ParametersInCacheKeyAndForwardedToOrigin": NO_KEY
            | {
                "EnableAcceptEncodingBrotli": True,
                "QueryStringsConfig": {
                    "QueryStringBehavior": "allExcept",
                    "QueryStrings": {"Quantity": 1, "Items": ["x"]},
                },
                "CookiesConfig": {"CookieBehavior": "all"},
            }
        },
    }
    found = deployed(
        {"/write*": {"CachePolicyId": "2"}, "/a": {"CachePolicyId": "3"}, "*": {"CachePolicyId": "1"}}, **cache
    )

    assert found.policies == (
        Policy(name="Managed-CachingDisabled", pattern="/write*", min_seconds=0, default_seconds=0, max_seconds=0),
        Policy(
            name="everything",
            pattern="/a",
            min_seconds=5,
            default_seconds=86_400,
            max_seconds=31_536_000,
            query_strings=None,
            cookies=None,
        ),
        Policy(
            name="pages",
            pattern="*",
            min_seconds=0,
            default_seconds=0,
            max_seconds=86_400,
            query_strings=("page",),
            headers=("Host",),
            cookies=("theme",),
        ),
    )
    assert [each.compresses for each in found.behaviours] == [False, True, True]


def test_nothing_is_compressed_where_it_is_switched_off_though_the_key_allows_it() -> None:
    told = {"*": {"CachePolicyId": "1", "Compress": False}}

    assert not deployed(told, **{"1": cache_policy("x", EnableAcceptEncodingGzip=True)}).behaviours[0].compresses


@pytest.mark.parametrize(
    ("told", "key", "forwards"),
    [
        ({"CookiesConfig": some("Cookie", "session", "theme")}, {}, ("session", "theme")),
        ({"CookiesConfig": some("Cookie", "session")}, {"CookiesConfig": some("Cookie", "session")}, ()),
        ({"CookiesConfig": {"CookieBehavior": "all"}}, {}, ("every cookie",)),
        ({"CookiesConfig": {"CookieBehavior": "all"}}, {"CookiesConfig": {"CookieBehavior": "all"}}, ()),
        ({"HeadersConfig": {"HeaderBehavior": "allViewer"}}, {}, ("Authorization",)),
        ({"HeadersConfig": {"HeaderBehavior": "allViewer"}}, {"HeadersConfig": some("Header", "authorization")}, ()),
        ({"HeadersConfig": some("Header", "Sec-Fetch-Site")}, {}, ()),
    ],
)
def test_what_tells_visitors_apart_and_is_not_in_the_key_is_told(
    told: dict[str, Any], key: dict[str, Any], forwards: tuple[str, ...]
) -> None:
    behaviours = {"*": {"CachePolicyId": "1", "OriginRequestPolicyId": "2"}}

    assert (
        deployed(behaviours, origin={"2": told}, **{"1": cache_policy("x", **key)}).behaviours[0].forwards == forwards
    )


def test_errors_are_kept_as_the_distribution_says() -> None:
    items = [
        {"ErrorCode": 404, "ErrorCachingMinTTL": 60},
        {"ErrorCode": 503, "ErrorCachingMinTTL": 0},
        {"ErrorCode": 500},
    ]
    api = client(
        {"*": {"CachePolicyId": "1"}},
        {"1": cache_policy("x")},
        {},
        CustomErrorResponses={"Quantity": 3, "Items": items},
    )

    assert read(api, "E2", stage="dev").error_seconds == {404: 60, 503: 0}


def test_each_policy_is_read_once() -> None:
    api = client({path: {"CachePolicyId": "1"} for path in ("/a", "/b", "*")}, {"1": cache_policy("x")}, {})
    read(api, "E2", stage="dev")

    api.get_cache_policy.assert_called_once_with(Id="1")


def test_a_behaviour_with_settings_of_the_legacy_kind_is_refused_by_its_pattern() -> None:
    with pytest.raises(UnknownPolicyError, match="'/old' has no cache policy"):
        deployed({"/old": {"ForwardedValues": {}}, "*": {"CachePolicyId": "1"}}, **{"1": cache_policy("x")})


def test_a_deployed_distribution_is_read(cloud: Cloud) -> None:
    config = cache_policy("edgepost-local-images", times=(1, 2, 3), EnableAcceptEncodingGzip=True)
    managed = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    origin = {"Id": "site", "DomainName": "site.example", "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"}}
    behavior = {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only", "Compress": True}
    distribution = {
        "Enabled": True,
        "Origins": [origin],
        "CacheBehaviors": [{**behavior, "PathPattern": "/images/*", "CachePolicyId": {"Ref": "Images"}}],
        "DefaultCacheBehavior": behavior | {"CachePolicyId": managed},
        "CustomErrorResponses": [{"ErrorCode": 404, "ErrorCachingMinTTL": 7}],
    }
    template = {
        "Resources": {
            "Images": resource("CloudFront::CachePolicy", CachePolicyConfig=config),
            "Site": resource("CloudFront::Distribution", DistributionConfig=distribution),
        },
        "Outputs": outputs(Id={"Ref": "Site"}),
    }
    made = put_stack(cloud, "create", "deployed-policies", template, region=EDGE)
    found = read(cloud.client("cloudfront"), made["Id"], stage="local")

    assert found == Deployed(
        behaviours=(
            Behaviour(
                policy=Policy(name="images", pattern="/images/*", min_seconds=1, default_seconds=2, max_seconds=3),
                compresses=True,
            ),
            Behaviour(
                policy=Policy(
                    name="Managed-CachingDisabled", pattern="*", min_seconds=0, default_seconds=0, max_seconds=0
                ),
                compresses=False,
            ),
        ),
        error_seconds={404: 7},
    )
