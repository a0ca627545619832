"""The stacks of a stage that are deployed, and what is in each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operate import stage
from operate.command import StageError
from stacks.config_edge import EDGE_REGION

PARTS = ("network", "alarms", "mail", "data", "web", "edge", "review")
"""Every stack of a stage, in deploy order."""
Connect = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a stack."""

    kind: str
    """As AWS::S3::Bucket."""
    id: str
    policy: str
    """What its template says of its deletion: Delete, Retain, Snapshot; the last is not used here."""
    properties: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """One deployed stack."""

    part: str
    name: str
    is_protected: bool
    resources: list[Resource]
    connect: Connect

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of a kind."""
        return [each for each in self.resources if each.kind == kind]


def region_of(part: str) -> str:
    """Return the region of a part; empty: the stage's own."""
    return EDGE_REGION if part == "edge" else ""


def find(name: str, *parts: str) -> Iterator[DeployedStack]:
    """Yield these parts of a stage as far as they are deployed, all without a name, in deploy order."""
    for part in parts or PARTS:
        connect = stage.connect(name, region=region_of(part))
        if found := read(connect, part=part, name=stage.stack_name(name, part)):
            yield found


def one(name: str, part: str) -> DeployedStack:
    """Return this part of a stage; StageError if it is not deployed."""
    found = next(iter(find(name, part)), None)
    if found is None:
        raise StageError(f"stack {stage.stack_name(name, part)} is not deployed")
    return found


def read(connect: Connect, *, part: str, name: str) -> DeployedStack | None:
    """Return a stack with its resources; None: it is not there."""
    cloudformation = connect("cloudformation")
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        # As in `stage.outputs_of`.
        if "does not exist" in str(error):
            return None
        raise
    template = cloudformation.get_template(StackName=name)["TemplateBody"]["Resources"]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [
        Resource(
            kind=each["ResourceType"],
            id=each.get("PhysicalResourceId", ""),
            policy=template.get(each["LogicalResourceId"], {}).get("DeletionPolicy", "Delete"),
            properties=template.get(each["LogicalResourceId"], {}).get("Properties", {}),
        )
        for page in pages
        for each in page["StackResourceSummaries"]
        if each["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    return DeployedStack(
        part=part,
        name=name,
        is_protected=bool(found.get("EnableTerminationProtection")),
        resources=resources,
        connect=connect,
    )
