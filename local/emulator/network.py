"""What MiniStack's CloudFormation leaves out of the network: three types, and attributes of VPC and subnet."""

from functools import partial

from local.emulator import cloudformation, ministack, ministack_web
from local.emulator.cloudformation import Made
from local.emulator.ministack import Json


def install() -> None:
    """Add types and attributes; a changed resource of these types is made anew and the old one deleted."""
    ministack_web.know_all_zones()
    cloudformation.after("AWS::EC2::VPC", _with_vpc_attributes)
    cloudformation.after("AWS::EC2::Subnet", _with_subnet_attributes)
    for kind, direction in (("Ingress", "ingress"), ("Egress", "egress")):
        ministack.add_resource_type(
            f"AWS::EC2::SecurityGroup{kind}",
            create=partial(_create_rule, direction),
            delete=partial(_delete_rule, direction),
        )
    ministack.add_resource_type("AWS::EC2::FlowLog", create=_create_flow_log, delete=_delete_flow_log)


def _with_vpc_attributes(_vpc: str, properties: Json, attributes: Json) -> Json:
    return attributes | {"CidrBlock": properties["CidrBlock"]}


def _with_subnet_attributes(subnet: str, _properties: Json, attributes: Json) -> Json:
    found = ministack_web.subnet(subnet)
    return attributes | {name: found[name] for name in ("AvailabilityZoneId", "CidrBlock", "VpcId")}


def _create_rule(direction: str, _logical_id: str, properties: Json, _stack_name: str) -> Made:
    rule_id = ministack_web.put_security_group_rule(properties["GroupId"], direction, properties)
    return rule_id, {"Id": rule_id}


def _delete_rule(direction: str, rule_id: str, properties: Json) -> None:
    ministack_web.remove_security_group_rule(properties["GroupId"], direction, rule_id)


def _create_flow_log(_logical_id: str, properties: Json, _stack_name: str) -> Made:
    flow_log_id = ministack_web.put_flow_log(properties)
    return flow_log_id, {"Id": flow_log_id}


def _delete_flow_log(flow_log_id: str, _properties: Json) -> None:
    ministack_web.remove_flow_log(flow_log_id)
