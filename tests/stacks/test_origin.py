"""The ways into the load balancer: from CloudFront inside the VPC, or over the internet with a secret."""

from typing import Any

import pytest

from stacks.config import STAGES
from stacks.origin_secrets import HEADER
from tests.stacks.synthesis import Synthesized, Template, refers_to, synthesize
from tests.stacks.test_network import subnets
from tests.stacks.variants import synthesize_variant


def origin(edge: Template) -> dict[str, Any]:
    (found,) = edge.one("CloudFront::Distribution")["DistributionConfig"]["Origins"]
    return found


def reference(number: int) -> str:
    return f"{{{{resolve:secretsmanager:edgepost-prod-origin-{number}:SecretString:::}}}}"


@pytest.fixture(scope="module")
def public() -> Synthesized:
    """A stage on the internet that has taken a new secret twice."""
    return synthesize_variant("public")


@pytest.fixture(scope="module")
def public_web(public: Synthesized) -> Template:
    return public.template("Web")


@pytest.fixture(scope="module")
def public_edge(public: Synthesized) -> Template:
    return public.template("Edge")


def test_cloudfront_reaches_the_internal_load_balancer_inside_the_vpc(
    synthesized: Synthesized, edge: Template, web: Template
) -> None:
    (name,) = edge.all("CloudFront::VpcOrigin")
    (balancer,) = web.all("ElasticLoadBalancingV2::LoadBalancer")
    endpoint = edge.one("CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    assert synthesized.origins("Edge", endpoint["Arn"]) == {f"Web/{balancer}"}
    assert refers_to(origin(edge)["VpcOriginConfig"]["VpcOriginId"]) == {name}
    assert synthesized.origins("Edge", origin(edge)["DomainName"]) == {f"Web/{balancer}"}
    assert "CustomOriginConfig" not in origin(edge)


def test_another_protocol_or_port_is_another_vpc_origin(edge: Template, web: Template, stage: str) -> None:
    (name,) = edge.all("CloudFront::VpcOrigin")
    listener = web.one("ElasticLoadBalancingV2::Listener")
    assert f"{listener['Protocol'].capitalize()}{listener['Port']}" in name
    endpoint = edge.one("CloudFront::VpcOrigin")["VpcOriginEndpointConfig"]
    expected = {"HTTPS": "https-only", "HTTP": "http-only"}[listener["Protocol"]]
    assert endpoint["OriginProtocolPolicy"] == expected
    assert endpoint[f"{listener['Protocol']}Port"] == listener["Port"]
    assert bool(STAGES[stage].web.site_domain) is (listener["Protocol"] == "HTTPS")
    assert endpoint["OriginSSLProtocols"] == ["TLSv1.2"]


def test_the_edge_waits_longer_than_the_slowest_answer_and_lets_go_before_the_load_balancer(
    edge: Template, web: Template, stage: str
) -> None:
    timing = origin(edge)["VpcOriginConfig"]
    assert timing["OriginReadTimeout"] == STAGES[stage].web.timeout_seconds + 1
    attributes = web.one("ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    (idle,) = (int(each["Value"]) for each in attributes if each["Key"] == "idle_timeout.timeout_seconds")
    assert timing["OriginKeepaliveTimeout"] < idle


def test_the_load_balancers_certificate_fits_the_host_that_it_is_told(web: Template, edge: Template) -> None:
    (policy,) = edge.all("CloudFront::OriginRequestPolicy").values()
    told = "Host" in policy["OriginRequestPolicyConfig"]["HeadersConfig"]["Headers"]
    certificates = [certificate["DomainName"] for certificate in web.all("CertificateManager::Certificate").values()]
    aliases = edge.one("CloudFront::Distribution")["DistributionConfig"].get("Aliases", [])
    assert certificates == aliases
    assert told is bool(certificates)


def test_inside_the_vpc_there_is_no_secret(synthesized: Synthesized) -> None:
    assert not synthesized.all("SecretsManager::Secret")
    assert HEADER not in str(synthesized.all("ElasticLoadBalancingV2::ListenerRule"))
    assert HEADER not in str(origin(synthesized.template("Edge")))


def test_on_the_internet_there_is_no_other_way_in_than_from_cloudfront_with_a_secret(
    public: Synthesized, public_web: Template
) -> None:
    # One listener, which answers 403 by itself.
    listener = public_web.one("ElasticLoadBalancingV2::Listener")
    (nothing,) = listener["DefaultActions"]
    assert (nothing["Type"], nothing["FixedResponseConfig"]) == ("fixed-response", {"StatusCode": "403"})
    # Its rules serve what shows one of the two secrets: one page apart, and the blog whatever is asked for.
    secret = {
        "Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": HEADER, "Values": [reference(2), reference(3)]},
    }
    one_page = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/unsubscribe"]}}
    rules = sorted(public_web.all("ElasticLoadBalancingV2::ListenerRule").values(), key=lambda rule: rule["Priority"])
    assert [rule["Conditions"] for rule in rules] == [[secret, one_page], [secret]]
    served = [refers_to(action["TargetGroupArn"]) for rule in rules for action in rule["Actions"]]
    assert served == [
        {public_web.named(f"{part}Targets", "ElasticLoadBalancingV2::TargetGroup")} for part in ("Unsubscribe", "Blog")
    ]
    # CloudFront's addresses, on the listener's port.
    (balancer_group,) = refers_to(public_web.one("ElasticLoadBalancingV2::LoadBalancer")["SecurityGroups"])
    assert "SecurityGroupIngress" not in public_web.all("EC2::SecurityGroup")[balancer_group]
    (ingress,) = (
        rule
        for rule in public_web.all("EC2::SecurityGroupIngress").values()
        if balancer_group in refers_to(rule["GroupId"])
    )
    assert (ingress["FromPort"], ingress["ToPort"]) == (listener["Port"], listener["Port"]) == (443, 443)
    assert ingress["SourcePrefixListId"] == STAGES["prod"].web.cloudfront_prefix_list
    assert not {"CidrIp", "CidrIpv6", "SourceSecurityGroupId"} & {*ingress}
    # And nothing beside the load balancer that answers.
    for kind in ("Lambda::Url", "ApiGateway::RestApi", "ApiGatewayV2::Api"):
        assert not public.all(kind)


def test_only_the_load_balancer_has_an_address_on_the_internet(public: Synthesized, public_web: Template) -> None:
    balancer = public_web.one("ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internet-facing"
    network = public.template("Network")
    with_route = {
        association["SubnetId"]["Ref"]
        for route in network.all("EC2::Route").values()
        for association in network.all("EC2::SubnetRouteTableAssociation").values()
        if association["RouteTableId"] == route["RouteTableId"]
    }
    stands = {name for subnet in balancer["Subnets"] for name in public.origins("Web", subnet)}
    assert stands == {f"Network/{name}" for name in with_route}
    assert not [subnet for subnet in subnets(network).values() if subnet["MapPublicIpOnLaunch"]]
    for route in network.all("EC2::Route").values():
        assert refers_to(route["GatewayId"]) == {*network.all("EC2::InternetGateway")}
    for function in public_web.all("Lambda::Function").values():
        placed = public.origins("Web", function.get("VpcConfig", {}).get("SubnetIds", []))
        assert not placed & stands


def test_going_on_the_internet_moves_no_subnet_that_is_there(public: Synthesized) -> None:
    before, after = subnets(synthesize("prod").template("Network")), subnets(public.template("Network"))
    assert {tier for tier, _ in {*after} - {*before}} == {"Public"}
    for place, subnet in before.items():
        assert (after[place]["CidrBlock"], after[place]["name"]) == (subnet["CidrBlock"], subnet["name"])


def test_cloudfront_shows_the_newest_secret_over_https(public: Synthesized, public_edge: Template) -> None:
    (header,) = origin(public_edge)["OriginCustomHeaders"]
    assert header == {"HeaderName": HEADER, "HeaderValue": reference(3)}
    custom = origin(public_edge)["CustomOriginConfig"]
    assert (custom["OriginProtocolPolicy"], custom["OriginSSLProtocols"]) == ("https-only", ["TLSv1.2"])
    (balancer,) = public.template("Web").all("ElasticLoadBalancingV2::LoadBalancer")
    assert public.origins("Edge", origin(public_edge)["DomainName"]) == {f"Web/{balancer}"}
    assert not public_edge.all("CloudFront::VpcOrigin")


def test_secrets_are_random_and_copied_to_the_region_of_the_edge(public_web: Template) -> None:
    found = {secret["Name"]: secret for secret in public_web.all("SecretsManager::Secret").values()}
    assert {*found} == {"edgepost-prod-origin-2", "edgepost-prod-origin-3"}
    for secret in found.values():
        assert secret["ReplicaRegions"] == [{"Region": "us-east-1"}]
        assert secret["GenerateSecretString"] == {"PasswordLength": 64, "ExcludePunctuation": True}


def test_no_template_holds_a_secrets_value(public: Synthesized) -> None:
    assert not [secret for secret in public.all("SecretsManager::Secret") if "SecretString" in secret]
    for template in public.templates.values():
        without = template.text.replace(reference(2), "").replace(reference(3), "")
        assert "SecretString:" not in without


def test_the_listener_rules_wait_for_the_secrets_that_they_name(public_web: Template) -> None:
    for rule in public_web.all("ElasticLoadBalancingV2::ListenerRule"):
        assert {*public_web.all("SecretsManager::Secret")} <= {*public_web.resources[rule]["DependsOn"]}


def test_the_first_secret_has_none_before_it() -> None:
    web = synthesize_variant("public for the first time").template("Web")
    for rule in web.all("ElasticLoadBalancingV2::ListenerRule").values():
        assert rule["Conditions"][0]["HttpHeaderConfig"]["Values"] == [reference(1)]
    assert web.one("SecretsManager::Secret")["Name"] == "edgepost-prod-origin-1"


def test_at_home_in_us_east_1_no_secret_is_copied_onto_itself() -> None:
    web = synthesize_variant("public in us-east-1").template("Web")
    assert "ReplicaRegions" not in web.one("SecretsManager::Secret")
