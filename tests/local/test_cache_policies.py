"""CloudFront's API gives back what a template says of policies, managed policies, and what is invalidated."""

from typing import Any

import pytest

from local.cloud import Cloud
from tests.cloud_parts import delete_stack, put_stack
from tests.local.edge_templates import EDGE, Json, listed, outputs, resource, site

ENCODINGS = {"EnableAcceptEncodingGzip": True, "EnableAcceptEncodingBrotli": True}


def _put(cloud: Cloud, verb: str, name: str, policy: Json) -> str:
    template = {"Resources": {"Policy": policy}, "Outputs": outputs(Id={"Fn::GetAtt": ["Policy", "Id"]})}
    return put_stack(cloud, verb, name, template, region=EDGE)["Id"]


def _key(*, headers: Json, cookies: Json, query: Json) -> Json:
    return {"HeadersConfig": headers, "CookiesConfig": cookies, "QueryStringsConfig": query}


def test_a_cache_policy_is_given_back_as_its_template_has_it(cloud: Cloud, name: str) -> None:
    key = _key(
        headers={"HeaderBehavior": "whitelist", "Headers": ["Accept", "Origin"]},
        cookies={"CookieBehavior": "whitelist", "Cookies": ["theme"]},
        query={"QueryStringBehavior": "allExcept", "QueryStrings": ["utm_source"]},
    )
    ttl = {"MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 61}
    config = {"Name": name, "Comment": "pages", **ttl, "ParametersInCacheKeyAndForwardedToOrigin": ENCODINGS | key}
    made = _put(cloud, "create", name, resource("CloudFront::CachePolicy", CachePolicyConfig=config))
    found = cloud.client("cloudfront").get_cache_policy(Id=made)
    given = found["CachePolicy"]["CachePolicyConfig"]
    assert {each: given[each] for each in ("Name", "Comment", *ttl)} == {"Name": name, "Comment": "pages", **ttl}
    assert given["ParametersInCacheKeyAndForwardedToOrigin"] == {
        **ENCODINGS,
        **_key(
            headers={"HeaderBehavior": "whitelist", "Headers": listed("Accept", "Origin")},
            cookies={"CookieBehavior": "whitelist", "Cookies": listed("theme")},
            query={"QueryStringBehavior": "allExcept", "QueryStrings": listed("utm_source")},
        ),
    }

    changed = resource("CloudFront::CachePolicy", CachePolicyConfig=config | {"MaxTTL": 62})
    assert _put(cloud, "update", name, changed) == made
    after = cloud.client("cloudfront").get_cache_policy(Id=made)
    assert after["CachePolicy"]["CachePolicyConfig"]["MaxTTL"] == 62
    assert after["ETag"] != found["ETag"]


def test_an_origin_request_policy_is_given_back_as_its_template_has_it(cloud: Cloud, name: str) -> None:
    cookies, headers = ["__Host-session", "__Host-csrf"], ["Sec-Fetch-Site"]
    config = {
        "Name": name,
        **_key(
            headers={"HeaderBehavior": "whitelist", "Headers": headers},
            cookies={"CookieBehavior": "whitelist", "Cookies": cookies},
            query={"QueryStringBehavior": "all"},
        ),
    }
    made = _put(cloud, "create", name, resource("CloudFront::OriginRequestPolicy", OriginRequestPolicyConfig=config))
    policy = cloud.client("cloudfront").get_origin_request_policy(Id=made)["OriginRequestPolicy"]
    assert policy["OriginRequestPolicyConfig"] == {
        "Name": name,
        "Comment": "",
        **_key(
            headers={"HeaderBehavior": "whitelist", "Headers": listed(*headers)},
            cookies={"CookieBehavior": "whitelist", "Cookies": listed(*cookies)},
            query={"QueryStringBehavior": "all", "QueryStrings": {"Quantity": 0}},
        ),
    }


def test_a_response_headers_policy_is_given_back_as_its_template_has_it(cloud: Cloud, name: str) -> None:
    security = {
        "ContentSecurityPolicy": {"ContentSecurityPolicy": "default-src 'self'", "Override": False},
        "ContentTypeOptions": {"Override": True},
        "FrameOptions": {"FrameOption": "DENY", "Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": "same-origin", "Override": True},
        "StrictTransportSecurity": {
            "AccessControlMaxAgeSec": 31_536_000,
            "IncludeSubdomains": True,
            "Preload": True,
            "Override": True,
        },
    }
    custom = {"Header": "Permissions-Policy", "Value": "camera=()", "Override": True}
    config = {
        "Name": name,
        "SecurityHeadersConfig": security,
        "CustomHeadersConfig": {"Items": [custom]},
        "RemoveHeadersConfig": {"Items": [{"Header": "Server"}]},
    }
    policy = resource("CloudFront::ResponseHeadersPolicy", ResponseHeadersPolicyConfig=config)
    made = _put(cloud, "create", name, policy)
    found = cloud.client("cloudfront").get_response_headers_policy(Id=made)["ResponseHeadersPolicy"]
    assert found["ResponseHeadersPolicyConfig"] == {
        "Name": name,
        "Comment": "",
        "SecurityHeadersConfig": security,
        "CustomHeadersConfig": listed(custom),
        "RemoveHeadersConfig": listed({"Header": "Server"}),
    }


def test_a_deleted_policy_is_gone(cloud: Cloud, name: str) -> None:
    config = {"Name": name, "MinTTL": 0, "DefaultTTL": 1, "MaxTTL": 1}
    made = _put(cloud, "create", name, resource("CloudFront::CachePolicy", CachePolicyConfig=config))
    delete_stack(cloud, name, region=EDGE)
    cloudfront = cloud.client("cloudfront")
    with pytest.raises(cloudfront.exceptions.NoSuchCachePolicy):
        cloudfront.get_cache_policy(Id=made)


@pytest.mark.parametrize(
    ("policy", "managed_name", "ttl"),
    [
        ("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "Managed-CachingDisabled", (0, 0, 0)),
        ("658327ea-f89d-4fab-a63d-7e88639e58f6", "Managed-CachingOptimized", (1, 86_400, 31_536_000)),
    ],
)
def test_managed_cache_policies_have_the_documented_lifetimes(
    cloud: Cloud, policy: str, managed_name: str, ttl: tuple[int, int, int]
) -> None:
    config = cloud.client("cloudfront").get_cache_policy(Id=policy)["CachePolicy"]["CachePolicyConfig"]
    assert config["Name"] == managed_name
    assert (config["MinTTL"], config["DefaultTTL"], config["MaxTTL"]) == ttl


def test_the_managed_policy_for_all_of_a_viewers_request_passes_all_of_it(cloud: Cloud) -> None:
    policy: Any = cloud.client("cloudfront").get_origin_request_policy(Id="216adef6-5c7f-47e4-b989-5492eafa07d3")
    config = policy["OriginRequestPolicy"]["OriginRequestPolicyConfig"]
    assert config["HeadersConfig"]["HeaderBehavior"] == "allViewer"
    assert config["CookiesConfig"]["CookieBehavior"] == config["QueryStringsConfig"]["QueryStringBehavior"] == "all"


def test_invalidations_keep_their_paths_and_the_oldest_is_the_first(cloud: Cloud, home: Json, name: str) -> None:
    made = put_stack(cloud, "create", name, site(home, name), region=EDGE)["Id"]
    cloudfront = cloud.client("cloudfront")

    def invalidate(*paths: str) -> str:
        batch = {"Paths": listed(*paths), "CallerReference": " ".join(paths)}
        return cloudfront.create_invalidation(DistributionId=made, InvalidationBatch=batch)["Invalidation"]["Id"]

    first, second = invalidate("/posts/*", "/"), invalidate("/images/1?size=2")
    found = cloudfront.list_invalidations(DistributionId=made)["InvalidationList"]["Items"]
    assert [(each["Id"], each["Status"]) for each in found] == [(first, "Completed"), (second, "Completed")]
    paths = cloudfront.get_invalidation(DistributionId=made, Id=first)["Invalidation"]["InvalidationBatch"]["Paths"]
    assert paths == listed("/posts/*", "/")
    assert invalidate("/posts/*", "/") == first
