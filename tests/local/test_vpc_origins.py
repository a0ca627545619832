"""A VPC origin of a template is what CloudFront's API makes of it."""

import pytest

from local.cloud import Cloud
from tests.cloud_parts import put_stack
from tests.local.edge_templates import EDGE, Json, attribute, listed, outputs, resource, site, vpc_origin


def test_a_vpc_origin_leads_to_the_load_balancer_of_another_region(cloud: Cloud, home: Json, name: str) -> None:
    tagged = vpc_origin(
        home,
        name,
        HTTPPort=8080,
        HTTPSPort=8443,
        OriginProtocolPolicy="http-only",
        OriginSSLProtocols=["TLSv1.1", "TLSv1.2"],
    )
    tagged["Properties"]["Tags"] = [{"Key": "stage", "Value": "test"}]
    template = {
        "Resources": {"Origin": tagged},
        "Outputs": outputs(
            Ref={"Ref": "Origin"},
            **{each: attribute("Origin", each) for each in ("Arn", "CreatedTime", "Id", "LastModifiedTime", "Status")},
        ),
    }
    made = put_stack(cloud, "create", name, template, region=EDGE)
    cloudfront = cloud.client("cloudfront")
    found = cloudfront.get_vpc_origin(Id=made["Id"])["VpcOrigin"]
    assert (made["Ref"], made["Arn"], made["Status"]) == (found["Id"], found["Arn"], "Deployed")
    assert found["VpcOriginEndpointConfig"] == {
        "Name": name,
        "Arn": home["Arn"],
        "HTTPPort": 8080,
        "HTTPSPort": 8443,
        "OriginProtocolPolicy": "http-only",
        "OriginSslProtocols": listed("TLSv1.1", "TLSv1.2"),
    }
    tags = cloudfront.list_tags_for_resource(Resource=made["Arn"])["Tags"]["Items"]
    assert {"Key": "stage", "Value": "test"} in tags


def test_a_vpc_origin_has_the_documented_defaults(cloud: Cloud, home: Json, name: str) -> None:
    template = {
        "Resources": {"Origin": vpc_origin(home, name)},
        "Outputs": outputs(Id=attribute("Origin", "Id")),
    }
    made = put_stack(cloud, "create", name, template, region=EDGE)
    endpoint = cloud.client("cloudfront").get_vpc_origin(Id=made["Id"])["VpcOrigin"]["VpcOriginEndpointConfig"]
    assert (endpoint["HTTPPort"], endpoint["HTTPSPort"]) == (80, 443)
    assert endpoint["OriginProtocolPolicy"] == "match-viewer"


def test_a_vpc_origin_that_leads_nowhere_fails_the_deploy(cloud: Cloud, name: str) -> None:
    arn = "arn:aws:elasticloadbalancing:ap-northeast-1:000000000000:loadbalancer/app/none/0123456789abcdef"
    origin = resource("CloudFront::VpcOrigin", VpcOriginEndpointConfig={"Name": name, "Arn": arn})
    with pytest.raises(AssertionError, match="LoadBalancerNotFound"):
        put_stack(cloud, "create", name, {"Resources": {"Origin": origin}}, region=EDGE)


def test_a_vpc_origin_changes_only_while_no_distribution_uses_it(cloud: Cloud, home: Json, name: str) -> None:
    alone = {"Resources": {"Origin": vpc_origin(home, name)}, "Outputs": outputs(Id=attribute("Origin", "Id"))}
    made = put_stack(cloud, "create", name, alone, region=EDGE)
    alone["Resources"]["Origin"] = vpc_origin(home, name, HTTPPort=8080)
    assert put_stack(cloud, "update", name, alone, region=EDGE) == made
    found = cloud.client("cloudfront").get_vpc_origin(Id=made["Id"])["VpcOrigin"]
    assert found["VpcOriginEndpointConfig"]["HTTPPort"] == 8080

    used = site(home, name)
    used["Resources"]["Origin"] = alone["Resources"]["Origin"]
    put_stack(cloud, "update", name, used, region=EDGE)
    used["Resources"]["Origin"] = vpc_origin(home, name, HTTPPort=8081)
    with pytest.raises(AssertionError, match="currently associated with one or more distributions"):
        put_stack(cloud, "update", name, used, region=EDGE)


def test_another_vpc_origin_takes_the_place_of_one_in_use(cloud: Cloud, home: Json, name: str) -> None:
    made = put_stack(cloud, "create", name, site(home, name), region=EDGE)
    other = site(home, f"{name}-https")
    other["Resources"]["Origin443"] = other["Resources"].pop("Origin")
    [origin] = other["Resources"]["Site"]["Properties"]["DistributionConfig"]["Origins"]
    origin["VpcOriginConfig"]["VpcOriginId"] = {"Ref": "Origin443"}
    other["Outputs"] = outputs(Id={"Ref": "Site"}, Origin={"Ref": "Origin443"})
    changed = put_stack(cloud, "update", name, other, region=EDGE)
    assert changed["Id"] == made["Id"]
    origins = {each["Id"] for each in cloud.client("cloudfront").list_vpc_origins()["VpcOriginList"]["Items"]}
    assert changed["Origin"] in origins
    assert made["Origin"] not in origins
