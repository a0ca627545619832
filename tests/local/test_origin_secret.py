"""A load balancer on the internet answers only who shows the secret that the distribution's origin sends."""

from typing import Any

import pytest

from local.cloud import Cloud
from local.load_balancer import visitor as visitor_of
from tests.cloud_parts import delete_stack, put_stack
from tests.local.edge_templates import BEHAVIOR, EDGE, Json, at_home, attribute, outputs, resource

HEADER = "X-Origin-Secret"


def _answer(status: str, text: str) -> Json:
    fixed = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": text}
    return {"Type": "fixed-response", "FixedResponseConfig": fixed}


def _resolved(secret: str) -> str:
    return f"{{{{resolve:secretsmanager:{secret}:SecretString:::}}}}"


def _secret(name: str, **generated: Any) -> Json:
    return resource(
        "SecretsManager::Secret",
        Name=name,
        GenerateSecretString={"PasswordLength": 64, "ExcludePunctuation": True, **generated},
        ReplicaRegions=[{"Region": EDGE}],
    )


def _origin(name: str, *, numbers: list[int]) -> Json:
    """A load balancer that takes the secrets with these numbers, and refuses everything else."""
    secrets = {f"Secret{number}": _secret(f"{name}-{number}") for number in numbers}
    shown = {
        "Field": "http-header",
        "HttpHeaderConfig": {
            "HttpHeaderName": HEADER,
            "Values": [_resolved(f"{name}-{number}") for number in numbers],
        },
    }
    listener = {"LoadBalancerArn": {"Ref": "Balancer"}, "Port": 80, "Protocol": "HTTP"}
    rule = resource(
        "ElasticLoadBalancingV2::ListenerRule",
        ListenerArn={"Ref": "Listener"},
        Priority=1,
        Conditions=[shown],
        Actions=[_answer("200", "welcome")],
    )
    return {
        "Resources": {
            "Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", Scheme="internet-facing"),
            "Listener": resource("ElasticLoadBalancingV2::Listener", DefaultActions=[_answer("403", "no")], **listener),
            "Rule": {**rule, "DependsOn": [*secrets]},
            **secrets,
        },
        "Outputs": outputs(Host=attribute("Balancer", "DNSName")),
    }


def _edge(name: str, *, number: int) -> Json:
    origin = {
        "Id": "origin",
        "DomainName": at_home({"name": name}, "Host"),
        "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"},
        "OriginCustomHeaders": [{"HeaderName": HEADER, "HeaderValue": _resolved(f"{name}-{number}")}],
    }
    config = {"Enabled": True, "Origins": [origin], "DefaultCacheBehavior": BEHAVIOR}
    site = resource("CloudFront::Distribution", DistributionConfig=config)
    return {"Resources": {"Site": site}, "Outputs": outputs(Id={"Ref": "Site"})}


def _sent(cloud: Cloud, site: str) -> str:
    """What the deployed distribution shows its origin."""
    config = cloud.client("cloudfront").get_distribution_config(Id=site)["DistributionConfig"]
    [origin] = config["Origins"]["Items"]
    [header] = origin["CustomHeaders"]["Items"]
    assert header["HeaderName"] == HEADER
    return header["HeaderValue"]


def test_only_the_secret_opens_the_load_balancer_and_the_next_one_too_while_it_is_renewed(
    cloud: Cloud, name: str
) -> None:
    visitor = visitor_of(cloud, put_stack(cloud, "create", name, _origin(name, numbers=[1]))["Host"])

    def status(**headers: str) -> int:
        return visitor.get("/", headers={each.replace("_", "-"): value for each, value in headers.items()}).status

    site = put_stack(cloud, "create", name, _edge(name, number=1), region=EDGE)["Id"]
    first = _sent(cloud, site)
    assert (status(x_origin_secret=first), status(x_origin_secret="*"), status()) == (200, 403, 403)

    put_stack(cloud, "update", name, _origin(name, numbers=[1, 2]))
    put_stack(cloud, "update", name, _edge(name, number=2), region=EDGE)
    second = _sent(cloud, site)
    assert first != second
    assert (status(x_origin_secret=first), status(x_origin_secret=second)) == (200, 200)

    put_stack(cloud, "update", name, _origin(name, numbers=[2]))
    assert (status(x_origin_secret=first), status(x_origin_secret=second)) == (403, 200)


def test_a_secrets_copy_is_its_equal_and_goes_with_it(cloud: Cloud, name: str) -> None:
    put_stack(cloud, "create", name, {"Resources": {"Secret": _secret(name)}})
    home, edge = cloud.client("secretsmanager"), cloud.client("secretsmanager", EDGE)
    assert edge.get_secret_value(SecretId=name)["SecretString"] == home.get_secret_value(SecretId=name)["SecretString"]
    delete_stack(cloud, name)
    with pytest.raises(edge.exceptions.ResourceNotFoundException):
        edge.get_secret_value(SecretId=name)


@pytest.mark.parametrize(
    ("exclusions", "left"),
    [
        ({}, str.isalnum),
        ({"ExcludeNumbers": True}, str.isalpha),
        ({"ExcludeNumbers": "true", "ExcludeUppercase": "true"}, str.islower),
        ({"ExcludeNumbers": True, "ExcludeLowercase": True}, str.isupper),
        ({"ExcludeNumbers": True, "ExcludeLowercase": True, "ExcludeCharacters": "A"}, lambda text: "A" not in text),
    ],
)
def test_a_secret_has_only_the_letters_that_are_not_excluded(
    cloud: Cloud, name: str, exclusions: Json, left: Any
) -> None:
    put_stack(cloud, "create", name, {"Resources": {"Secret": _secret(name, **exclusions)}})
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    assert len(secret) == 64
    assert left(secret)


def test_an_output_that_the_other_region_does_not_have_fails_the_deploy(cloud: Cloud, name: str, home: Json) -> None:
    topic = resource("SNS::Topic", DisplayName=at_home(home, "Missing"))
    with pytest.raises(AssertionError, match="Output 'Missing' not found"):
        put_stack(cloud, "create", name, {"Resources": {"Topic": topic}}, region=EDGE)
