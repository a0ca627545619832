import ipaddress
from typing import Any

import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to
from tests.stacks.variants import synthesize_variant


def subnets(network: Template) -> dict[tuple[str, str], dict[str, Any]]:
    """Subnets by tier and zone id."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, subnet in network.all("EC2::Subnet").items():
        (tier,) = (tag["Value"] for tag in subnet["Tags"] if tag["Key"] == "aws-cdk:subnet-name")
        found[tier, subnet["AvailabilityZoneId"]] = subnet | {"name": name}
    return found


def endpoint(network: Template, service: str) -> dict[str, Any]:
    (found,) = (
        endpoint
        for endpoint in network.all("EC2::VPCEndpoint").values()
        if f".{service}" in str(endpoint["ServiceName"])
    )
    return found


def test_each_tier_has_a_subnet_in_each_zone(network: Template, stage: str) -> None:
    zones = STAGES[stage].network.zones
    assert {*subnets(network)} == {(tier, zone) for tier in ("Web", "Data") for zone in zones}


def test_zones_are_named_by_id_alone(network: Template) -> None:
    assert not [subnet for subnet in network.all("EC2::Subnet").values() if "AvailabilityZone" in subnet]


def test_subnets_share_the_addresses_of_the_vpc_and_leave_half_of_them_free(network: Template, stage: str) -> None:
    vpc = ipaddress.ip_network(network.one("EC2::VPC")["CidrBlock"])
    assert str(vpc) == STAGES[stage].network.cidr
    taken = [ipaddress.ip_network(subnet["CidrBlock"]) for subnet in subnets(network).values()]
    assert all(part.subnet_of(vpc) for part in taken)  # pyright: ignore[reportArgumentType]
    assert not [(one, other) for one in taken for other in taken if one is not other and one.overlaps(other)]
    assert {part.num_addresses for part in taken} == {vpc.num_addresses // 16}


def test_a_new_zone_moves_no_subnet_that_is_there(network: Template) -> None:
    before, after = subnets(network), subnets(synthesize_variant("three zones").template("Network"))
    assert {*after} - {*before} == {("Web", "apne1-az3"), ("Data", "apne1-az3")}
    for place, subnet in before.items():
        assert after[place]["CidrBlock"] == subnet["CidrBlock"]
        assert after[place]["name"] == subnet["name"]


def test_the_load_balancer_leaves_out_the_zone_that_vpc_origins_refuse() -> None:
    variant = synthesize_variant("three zones")
    (balancer,) = variant.template("Web").all("ElasticLoadBalancingV2::LoadBalancer").values()
    by_name = {f"Network/{subnet['name']}": place for place, subnet in subnets(variant.template("Network")).items()}
    placed = {by_name[origin] for origin in variant.origins("Web", balancer["Subnets"])}
    assert placed == {("Web", "apne1-az1"), ("Web", "apne1-az4")}


def test_there_is_an_internet_gateway_and_no_way_to_it(network: Template) -> None:
    attachment = network.one("EC2::VPCGatewayAttachment")
    assert refers_to(attachment) == {*network.all("EC2::InternetGateway"), *network.all("EC2::VPC")}
    for kind in ("EC2::Route", "EC2::NatGateway", "EC2::EIP", "EC2::EgressOnlyInternetGateway"):
        assert not network.all(kind)
    assert not [subnet for subnet in subnets(network).values() if subnet["MapPublicIpOnLaunch"]]


def test_only_functions_have_ways_to_endpoints(network: Template) -> None:
    web = {subnet["name"] for (tier, _), subnet in subnets(network).items() if tier == "Web"}
    tables = {
        association["RouteTableId"]["Ref"]
        for association in network.all("EC2::SubnetRouteTableAssociation").values()
        if association["SubnetId"]["Ref"] in web
    }
    for service in ("s3", "dynamodb"):
        assert endpoint(network, service)["VpcEndpointType"] == "Gateway"
        assert refers_to(endpoint(network, service)["RouteTableIds"]) == tables
    assert refers_to(endpoint(network, "sqs")["SubnetIds"]) == web


def test_s3_is_reached_only_to_answer_cloudformation(network: Template) -> None:
    (statement,) = endpoint(network, "s3")["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:PutObject"
    assert statement["Effect"] == "Allow"
    bucket = "cloudformation-custom-resource-response-apnortheast1"
    assert statement["Resource"] == {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":s3:::{bucket}/*"]]}


@pytest.mark.parametrize(
    ("service", "actions"),
    [
        ("sqs", "sqs:SendMessage"),
        ("dynamodb", [f"dynamodb:{verb}" for verb in ("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")]),
    ],
)
def test_other_services_are_reached_by_this_account_on_this_account_only(
    network: Template, service: str, actions: str | list[str]
) -> None:
    (statement,) = endpoint(network, service)["PolicyDocument"]["Statement"]
    assert statement["Action"] == actions
    account = {"Ref": "AWS::AccountId"}
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}}


def test_sqs_is_the_only_interface_endpoint_and_answers_to_its_usual_name(network: Template) -> None:
    interfaces = network.all("EC2::VPCEndpoint", VpcEndpointType="Interface")
    assert [*interfaces.values()] == [endpoint(network, "sqs")]
    assert endpoint(network, "sqs")["PrivateDnsEnabled"] is True


def test_nothing_is_let_in_by_the_network_itself(network: Template) -> None:
    (name,) = network.all("EC2::SecurityGroup")
    assert refers_to(endpoint(network, "sqs")["SecurityGroupIds"]) == {name}
    assert "SecurityGroupIngress" not in network.one("EC2::SecurityGroup")
    assert not network.all("EC2::SecurityGroupIngress")


def test_all_flows_are_logged_for_a_while(network: Template, stage: str) -> None:
    flow_log = network.one("EC2::FlowLog")
    assert flow_log["TrafficType"] == "ALL"
    assert refers_to(flow_log["ResourceId"]) == {*network.all("EC2::VPC")}
    assert refers_to(flow_log["LogGroupName"]) == {*network.all("Logs::LogGroup")}
    assert network.one("Logs::LogGroup")["RetentionInDays"] == STAGES[stage].network.flow_log_days


def test_flow_logs_may_be_written_and_nothing_else(network: Template) -> None:
    (role,) = network.all("IAM::Role")
    (statement,) = network.statements(role, "Allow")
    assert statement["Action"] == ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    assert refers_to(statement["Resource"]) == {*network.all("Logs::LogGroup")}
    (trust,) = network.one("IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
