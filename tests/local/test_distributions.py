"""CloudFront's API gives back what a template says of a distribution."""

from local.cloud import Cloud
from tests.cloud_parts import delete_stack, put_stack
from tests.local.edge_templates import BEHAVIOR, EDGE, FORMS, Json, listed, site


def deployed(cloud: Cloud, site: str) -> Json:
    return cloud.client("cloudfront").get_distribution_config(Id=site)["DistributionConfig"]


def test_a_distribution_is_given_back_as_its_template_has_it(cloud: Cloud, home: Json, name: str) -> None:
    errors = [
        {"ErrorCode": 404, "ErrorCachingMinTTL": 10, "ResponseCode": 404, "ResponsePagePath": "/404.html"},
        {"ErrorCode": 503, "ErrorCachingMinTTL": 0},
    ]
    template = site(
        home,
        name,
        Aliases=["www.example.com"],
        CacheBehaviors=[FORMS, {**BEHAVIOR, "PathPattern": "/assets/*"}],
        Comment="the site",
        CustomErrorResponses=errors,
        HttpVersion="http2and3",
        IPV6Enabled=True,
        PriceClass="PriceClass_200",
        ViewerCertificate={
            "AcmCertificateArn": "arn:certificate",
            "SslSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        },
        WebACLId="arn:web-acl",
    )
    made = put_stack(cloud, "create", name, template, region=EDGE)
    config = deployed(cloud, made["Id"])
    assert config["Aliases"] == listed("www.example.com")
    assert (config["HttpVersion"], config["IsIPV6Enabled"], config["Enabled"]) == ("http2and3", True, True)
    assert (config["Comment"], config["PriceClass"], config["WebACLId"]) == (
        "the site",
        "PriceClass_200",
        "arn:web-acl",
    )
    assert config["ViewerCertificate"]["ACMCertificateArn"] == "arn:certificate"
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["CustomErrorResponses"] == listed({**errors[0], "ResponseCode": "404"}, errors[1])
    [origin] = config["Origins"]["Items"]
    assert origin["DomainName"] == home["Host"]
    assert origin["VpcOriginConfig"] == {
        "VpcOriginId": made["Origin"],
        "OriginReadTimeout": 21,
        "OriginKeepaliveTimeout": 50,
    }
    forms, assets = config["CacheBehaviors"]["Items"]
    assert (forms["PathPattern"], assets["PathPattern"]) == ("/write*", "/assets/*")
    same = ("Compress", "OriginRequestPolicyId", "ResponseHeadersPolicyId", *BEHAVIOR)
    assert {each: forms[each] for each in same} == {each: FORMS[each] for each in same}
    assert forms["AllowedMethods"] == {
        **listed(*FORMS["AllowedMethods"]),
        "CachedMethods": listed(*FORMS["CachedMethods"]),
    }
    [summary] = [each for each in _distributions(cloud) if each["Id"] == made["Id"]]
    assert summary["DomainName"] == made["Domain"]
    assert summary["CacheBehaviors"] == config["CacheBehaviors"]


def test_what_a_template_leaves_out_of_a_distribution_is_answered_by_its_default(
    cloud: Cloud, home: Json, name: str
) -> None:
    config = deployed(cloud, put_stack(cloud, "create", name, site(home, name), region=EDGE)["Id"])
    none = {"Quantity": 0}
    assert [config[each] for each in ("Aliases", "CacheBehaviors", "CustomErrorResponses", "OriginGroups")] == [
        none
    ] * 4
    assert config["Logging"] == {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""}
    assert config["Restrictions"] == {"GeoRestriction": {"RestrictionType": "none", **none}}
    assert config["ViewerCertificate"]["CloudFrontDefaultCertificate"] is True
    assert (config["Comment"], config["DefaultRootObject"], config["WebACLId"]) == ("", "", "")
    behavior = config["DefaultCacheBehavior"]
    assert behavior["AllowedMethods"] == {**listed("HEAD", "GET"), "CachedMethods": listed("HEAD", "GET")}
    assert behavior["Compress"] is False
    assert behavior["FunctionAssociations"] == behavior["LambdaFunctionAssociations"] == none
    assert behavior["TrustedSigners"] == behavior["TrustedKeyGroups"] == {"Enabled": False, **none}
    assert not behavior.keys() & {"OriginRequestPolicyId", "ResponseHeadersPolicyId"}
    [origin] = config["Origins"]["Items"]
    assert (origin["ConnectionAttempts"], origin["ConnectionTimeout"], origin["OriginPath"]) == (3, 10, "")
    assert origin["CustomHeaders"] == none


def test_a_changed_distribution_has_another_etag_and_the_same_name(cloud: Cloud, home: Json, name: str) -> None:
    made = put_stack(cloud, "create", name, site(home, name), region=EDGE)
    cloudfront = cloud.client("cloudfront")
    before = cloudfront.get_distribution_config(Id=made["Id"])["ETag"]
    assert put_stack(cloud, "update", name, site(home, name, Comment="changed"), region=EDGE) == made
    after = cloudfront.get_distribution_config(Id=made["Id"])
    assert after["ETag"] != before
    assert after["DistributionConfig"]["Comment"] == "changed"


def test_a_deleted_stack_leaves_nothing_at_the_edge(cloud: Cloud, home: Json, name: str) -> None:
    made = put_stack(cloud, "create", name, site(home, name), region=EDGE)
    delete_stack(cloud, name, region=EDGE)
    assert made["Id"] not in {each["Id"] for each in _distributions(cloud)}
    origins = cloud.client("cloudfront").list_vpc_origins()["VpcOriginList"]["Items"]
    assert made["Origin"] not in {each["Id"] for each in origins}


def _distributions(cloud: Cloud) -> list[Json]:
    return cloud.client("cloudfront").list_distributions()["DistributionList"].get("Items", [])
