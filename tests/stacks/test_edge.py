from typing import Any

import pytest

from blog import csrf, headers, sessions
from stacks.config import STAGES
from stacks.ttl import BEHAVIOURS, ERROR_SECONDS, EVERYTHING_ELSE, POLICIES
from tests.stacks.synthesis import Synthesized, Template, refers_to, synthesize, weakly_read
from tests.stacks.variants import synthesize_variant


def distribution(edge: Template) -> dict[str, Any]:
    return edge.one("CloudFront::Distribution")["DistributionConfig"]


def behaviours(edge: Template) -> dict[str, dict[str, Any]]:
    """The behaviours by path pattern, in order."""
    config = distribution(edge)
    last = {EVERYTHING_ELSE: config["DefaultCacheBehavior"]}
    return {behaviour["PathPattern"]: behaviour for behaviour in config["CacheBehaviors"]} | last


def cache_policies(edge: Template) -> dict[str, dict[str, Any]]:
    """The cache policies by logical id."""
    return {name: policy["CachePolicyConfig"] for name, policy in edge.all("CloudFront::CachePolicy").items()}


def key_of(policy: dict[str, Any]) -> dict[str, Any]:
    return policy["ParametersInCacheKeyAndForwardedToOrigin"]


def has_name(stage: str) -> bool:
    return bool(STAGES[stage].web.site_domain)


def test_every_path_has_the_cache_policy_that_ttl_py_names(edge: Template, stage: str) -> None:
    policies = cache_policies(edge)
    named = {path: policies[behaviour["CachePolicyId"]["Ref"]]["Name"] for path, behaviour in behaviours(edge).items()}
    assert named == {path: f"edgepost-{stage}-{name}" for path, name in BEHAVIOURS.items()}
    assert [*named] == [*BEHAVIOURS]


def test_cache_policies_have_the_numbers_and_reasons_of_ttl_py(edge: Template, stage: str) -> None:
    for policy in cache_policies(edge).values():
        expected = POLICIES[policy["Name"].removeprefix(f"edgepost-{stage}-")]
        times = (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"])
        assert times == (expected.min_seconds, expected.default_seconds, expected.max_seconds)
        assert policy["Comment"] == expected.reason


def test_keys_are_those_of_ttl_py_and_the_host_where_the_origin_is_told_it(edge: Template, stage: str) -> None:
    for policy in cache_policies(edge).values():
        expected = POLICIES[policy["Name"].removeprefix(f"edgepost-{stage}-")]
        key = key_of(policy)
        host = ["Host"] if has_name(stage) and expected.keeps else []
        assert key["HeadersConfig"].get("Headers", []) == [*expected.headers, *host]
        assert key["CookiesConfig"] == {"CookieBehavior": "none"}
        queries = key["QueryStringsConfig"]
        told = {"all": ("*",), "none": ()}.get(queries["QueryStringBehavior"]) or queries.get("QueryStrings", [])
        assert (*told,) == expected.query_strings


def test_what_is_kept_is_kept_as_brotli_and_gzip_too(edge: Template) -> None:
    for policy in cache_policies(edge).values():
        key = key_of(policy)
        keeps = policy["MaxTTL"] > 0
        assert (key["EnableAcceptEncodingBrotli"], key["EnableAcceptEncodingGzip"]) == (keeps, keeps)
    assert all(behaviour["Compress"] for behaviour in behaviours(edge).values())


def test_readers_are_led_to_https_everywhere(edge: Template) -> None:
    assert {behaviour["ViewerProtocolPolicy"] for behaviour in behaviours(edge).values()} == {"redirect-to-https"}


def test_only_forms_and_the_api_take_what_changes_something(edge: Template) -> None:
    for path, behaviour in behaviours(edge).items():
        writable = BEHAVIOURS[path] in {"forms", "api"}
        assert ("POST" in behaviour["AllowedMethods"]) is writable
        assert writable or behaviour["AllowedMethods"] == ["GET", "HEAD"]


def test_forms_tell_the_origin_the_session_and_where_they_come_from_and_no_other_cookie(
    edge: Template, stage: str
) -> None:
    (name,) = edge.all("CloudFront::OriginRequestPolicy")
    policy = edge.one("CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]
    assert policy["CookiesConfig"] == {"CookieBehavior": "whitelist", "Cookies": [sessions.COOKIE, csrf.COOKIE]}
    host = ["Host"] if has_name(stage) else []
    assert policy["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": ["Sec-Fetch-Site", *host]}
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    for path, behaviour in behaviours(edge).items():
        expected = {"Ref": name} if BEHAVIOURS[path] == "forms" else None
        assert behaviour.get("OriginRequestPolicyId") == expected


def test_errors_are_kept_as_ttl_py_says(edge: Template) -> None:
    kept = {error["ErrorCode"]: error["ErrorCachingMinTTL"] for error in distribution(edge)["CustomErrorResponses"]}
    assert kept == ERROR_SECONDS
    assert not [error for error in distribution(edge)["CustomErrorResponses"] if "ResponsePagePath" in error]


def test_every_answer_has_the_headers_that_protect_readers(edge: Template) -> None:
    (name,) = edge.all("CloudFront::ResponseHeadersPolicy")
    assert all(behaviour["ResponseHeadersPolicyId"] == {"Ref": name} for behaviour in behaviours(edge).values())
    assert security_headers(edge)["StrictTransportSecurity"] == {
        "AccessControlMaxAgeSec": 31_536_000,
        "IncludeSubdomains": False,
        "Override": True,
    }


def test_edge_and_blog_say_the_same_and_the_blogs_word_counts(edge: Template) -> None:
    said = security_headers(edge)
    assert said["ContentSecurityPolicy"] == {
        "ContentSecurityPolicy": headers.SECURITY["Content-Security-Policy"],
        "Override": False,
    }
    assert said["ReferrerPolicy"] == {"ReferrerPolicy": headers.SECURITY["Referrer-Policy"], "Override": False}
    assert headers.SECURITY["X-Content-Type-Options"] == "nosniff"
    assert said["ContentTypeOptions"] == {"Override": True}
    assert "frame-ancestors 'none'" in headers.SECURITY["Content-Security-Policy"]
    assert said["FrameOptions"] == {"FrameOption": "DENY", "Override": False}


def security_headers(edge: Template) -> dict[str, Any]:
    policy = edge.one("CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    return policy["SecurityHeadersConfig"]


def test_readers_come_by_http_2_and_3_and_by_ipv6(edge: Template) -> None:
    assert distribution(edge)["HttpVersion"] == "http2and3"
    assert distribution(edge)["IPV6Enabled"] is True
    assert distribution(edge)["Enabled"] is True


def test_the_web_acl_stands_before_the_distribution(edge: Template) -> None:
    assert refers_to(distribution(edge)["WebACLId"]) == {*edge.all("WAFv2::WebACL")}


def test_a_site_with_a_name_has_a_certificate_from_us_east_1_and_modern_tls(
    synthesized: Synthesized, edge: Template, mail: Template, stage: str
) -> None:
    assert synthesized.region("Edge") == "us-east-1"
    if not has_name(stage):
        assert not edge.all("CertificateManager::Certificate")
        assert "Aliases" not in distribution(edge)
        assert "ViewerCertificate" not in distribution(edge)
        return
    name = STAGES[stage].web.site_domain
    assert distribution(edge)["Aliases"] == [name]
    viewer = distribution(edge)["ViewerCertificate"]
    assert refers_to(viewer["AcmCertificateArn"]) == {*edge.all("CertificateManager::Certificate")}
    assert (viewer["MinimumProtocolVersion"], viewer["SslSupportMethod"]) == ("TLSv1.2_2021", "sni-only")
    certificate = edge.one("CertificateManager::Certificate")
    assert (certificate["DomainName"], certificate["ValidationMethod"]) == (name, "DNS")
    (proof,) = certificate["DomainValidationOptions"]
    zone = mail.named("MailDomainZone", "Route53::HostedZone")
    assert synthesized.origins("Edge", proof["HostedZoneId"]) == {f"Mail/{zone}"}


def test_the_sites_name_leads_to_the_distribution_by_ipv4_and_ipv6(
    synthesized: Synthesized, edge: Template, mail: Template, stage: str
) -> None:
    records = edge.all("Route53::RecordSet")
    assert sorted(record["Type"] for record in records.values()) == (["A", "AAAA"] if has_name(stage) else [])
    for record in records.values():
        assert record["Name"] == f"{STAGES[stage].web.site_domain}."
        assert refers_to(record["AliasTarget"]["DNSName"]) == {*edge.all("CloudFront::Distribution")}
        zone = mail.named("MailDomainZone", "Route53::HostedZone")
        assert synthesized.origins("Edge", record["HostedZoneId"]) == {f"Mail/{zone}"}


def test_people_are_told_where_the_site_is(edge: Template, stage: str) -> None:
    outputs = {key: output["Value"] for key, output in edge.document["Outputs"].items()}
    (name,) = edge.all("CloudFront::Distribution")
    assert outputs["DistributionId"] == {"Ref": name}
    assert outputs["DistributionDomain"] == {"Fn::GetAtt": [name, "DomainName"]}
    address = f"https://{STAGES[stage].web.site_domain}"
    expected = address if has_name(stage) else {"Fn::Join": ["", ["https://", outputs["DistributionDomain"]]]}
    assert outputs["SiteUrl"] == expected


def test_values_from_home_are_looked_up_and_nothing_is_imported(edge: Template) -> None:
    assert weakly_read(edge.document)
    assert "Fn::ImportValue" not in edge.text


def test_at_home_in_us_east_1_references_are_strong() -> None:
    edge = synthesize_variant("at home in us-east-1").template("Edge")
    assert "Fn::ImportValue" in edge.text
    assert "Fn::GetStackOutput" not in edge.text


def test_the_edge_brings_no_function(edge: Template) -> None:
    kinds = {resource["Type"] for resource in edge.resources.values()}
    assert not [kind for kind in kinds if kind.startswith(("AWS::Lambda", "AWS::CloudFormation", "Custom::"))]


def test_another_revision_changes_the_distribution_so_that_what_it_reads_is_read_again(edge: Template) -> None:
    assert edge.document["Parameters"]["Revision"]["Default"] == "none"
    assert "Revision" in refers_to(distribution(edge)["Comment"])


def test_errors_that_readers_get_raise_an_alarm(edge: Template, stage: str) -> None:
    alarm = edge.one("CloudWatch::Alarm", MetricName="5xxErrorRate")
    assert alarm["Threshold"] == STAGES[stage].alarms.edge_error_percent
    assert dimensions(alarm) == of_the_distribution(edge)


def test_additional_metrics_are_bought_only_where_a_stage_says_so(edge: Template, stage: str) -> None:
    bought = [*edge.all("CloudFront::MonitoringSubscription").values()]
    assert bool(bought) is STAGES[stage].edge.additional_metrics
    assert bool(edge.all("CloudWatch::Alarm", MetricName="OriginLatency")) is bool(bought)
    assert [stage.name for stage in STAGES.values() if stage.edge.additional_metrics] == ["prod"]


@pytest.fixture(scope="module")
def with_metrics() -> Template:
    return synthesize("prod").template("Edge")


def test_a_slow_origin_raises_an_alarm(with_metrics: Template) -> None:
    alarm = with_metrics.one("CloudWatch::Alarm", MetricName="OriginLatency")
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p90", STAGES["prod"].alarms.edge_origin_ms)
    assert dimensions(alarm) == of_the_distribution(with_metrics)


def test_an_edge_that_answers_little_itself_raises_an_alarm(with_metrics: Template) -> None:
    (alarm,) = (alarm for alarm in with_metrics.all("CloudWatch::Alarm").values() if "Metrics" in alarm)
    misses, hits = alarm["Metrics"]
    assert (misses["Expression"], alarm["Threshold"]) == ("100 - hits", STAGES["prod"].alarms.edge_miss_percent)
    assert (hits["MetricStat"]["Metric"]["MetricName"], hits["MetricStat"]["Period"]) == ("CacheHitRate", 3600)
    assert dimensions(hits["MetricStat"]["Metric"]) == of_the_distribution(with_metrics)


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}


def of_the_distribution(edge: Template) -> dict[str, Any]:
    """The dimensions that CloudFront's metrics have."""
    (name,) = edge.all("CloudFront::Distribution")
    return {"DistributionId": {"Ref": name}, "Region": "Global"}
