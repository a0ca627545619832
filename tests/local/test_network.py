"""What templates say about the network is there to be described."""

from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from tests.cloud_parts import put_stack


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


def attribute(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


VPC = {"Ref": "Vpc"}
GROUPS = {
    "Vpc": resource("VPC", CidrBlock="10.9.0.0/16"),
    "Caller": resource("SecurityGroup", GroupDescription="caller", VpcId=VPC),
    "Callee": resource("SecurityGroup", GroupDescription="callee", VpcId=VPC),
}


@pytest.fixture
def name() -> str:
    return f"network-{uuid4().hex[:8]}"


def _rules(port: int) -> dict[str, Any]:
    ports = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    caller, callee = attribute("Caller", "GroupId"), attribute("Callee", "GroupId")
    return {
        "Resources": {
            **GROUPS,
            "In": resource("SecurityGroupIngress", GroupId=callee, SourceSecurityGroupId=caller, **ports),
            "Out": resource("SecurityGroupEgress", GroupId=caller, DestinationSecurityGroupId=callee, **ports),
        },
        "Outputs": {"Caller": {"Value": caller}, "Callee": {"Value": callee}},
    }


def _ports(cloud: Cloud, group: str, direction: str) -> list[tuple[int, list[str]]]:
    [found] = cloud.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    rules = [rule for rule in found[direction] if rule["UserIdGroupPairs"]]
    return [(rule["FromPort"], [pair["GroupId"] for pair in rule["UserIdGroupPairs"]]) for rule in rules]


def test_rules_between_security_groups_are_made_changed_and_removed(cloud: Cloud, name: str) -> None:
    for verb, port in (("create", 6379), ("update", 5432)):
        groups = put_stack(cloud, verb, name, _rules(port))
        assert _ports(cloud, groups["Callee"], "IpPermissions") == [(port, [groups["Caller"]])]
        assert _ports(cloud, groups["Caller"], "IpPermissionsEgress") == [(port, [groups["Callee"]])]
    groups = put_stack(cloud, "update", name, {**_rules(1), "Resources": GROUPS})
    assert _ports(cloud, groups["Callee"], "IpPermissions") == []
    assert _ports(cloud, groups["Caller"], "IpPermissionsEgress") == []


def test_a_flow_log_is_there_as_long_as_its_stack(cloud: Cloud, name: str) -> None:
    log = resource(
        "FlowLog",
        ResourceId=VPC,
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="flows",
        DeliverLogsPermissionArn="r",
    )
    template = {"Resources": {"Vpc": GROUPS["Vpc"], "Log": log}, "Outputs": {"Log": {"Value": attribute("Log", "Id")}}}
    ec2 = cloud.client("ec2")
    log_id = put_stack(cloud, "create", name, template)["Log"]
    [found] = ec2.describe_flow_logs(FlowLogIds=[log_id])["FlowLogs"]
    assert (found["TrafficType"], found["LogDestination"]) == ("ALL", "flows")
    put_stack(cloud, "update", name, {"Resources": {"Vpc": GROUPS["Vpc"]}})
    assert ec2.describe_flow_logs(FlowLogIds=[log_id])["FlowLogs"] == []


def test_a_subnet_is_in_the_zone_that_its_id_names(cloud: Cloud, name: str) -> None:
    subnets = {
        f"Subnet{number}": resource("Subnet", VpcId=VPC, CidrBlock=f"10.9.{number}.0/24", AvailabilityZoneId=zone)
        for number, zone in enumerate(["apne1-az1", "apne1-az4"])
    }
    attributes = {
        f"{subnet}{each}": {"Value": attribute(subnet, each)}
        for subnet in subnets
        for each in ("AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId")
    }
    template = {
        "Resources": {"Vpc": GROUPS["Vpc"], **subnets},
        "Outputs": {"Vpc": {"Value": VPC}, "Cidr": {"Value": attribute("Vpc", "CidrBlock")}, **attributes},
    }
    made = put_stack(cloud, "create", name, template)
    assert made["Cidr"] == "10.9.0.0/16"
    assert made["Subnet1CidrBlock"] == "10.9.1.0/24"
    assert made["Subnet1VpcId"] == made["Vpc"]
    assert (made["Subnet0AvailabilityZoneId"], made["Subnet1AvailabilityZoneId"]) == ("apne1-az1", "apne1-az4")
    assert made["Subnet0AvailabilityZone"] != made["Subnet1AvailabilityZone"]
