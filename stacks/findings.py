"""How a finding of cdk-nag is answered where it stands, when what it asks for is not what we want."""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, *, reason: str) -> None:
    """Acknowledge one finding, as `IAM5[Resource::*]`, on the construct that has it and on what is inside."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{finding}", reason=reason))


def logical_id(resource: IConstruct) -> str:
    """Tell how a finding spells a resource of the stack."""
    return Stack.of(resource).get_logical_id(cast("CfnElement", resource.node.default_child))


def imported(resource: IConstruct, value: str) -> str:
    """Tell how a finding of another stack spells a value of this resource, which its own stack exports."""
    stack = Stack.of(resource)
    return cast("dict[str, str]", stack.resolve(stack.export_value(value)))["Fn::ImportValue"]
