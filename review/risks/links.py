"""What a value of a template comes from, through exports, outputs and parameters of other stacks too."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from review.risks.values import at, functions, text
from review.sides import Side, Template
from review.values import references

PARAMETER = "AWS::SSM::Parameter"
READS_PARAMETER = "AWS::SSM::Parameter::Value<"
RESOLVED = re.compile(r"\{\{resolve:ssm(?:-secure)?:([^:}]+)[^}]*\}\}")


class Resource(NamedTuple):
    """A resource of a side."""

    stage: str
    stack: str
    logical_id: str


class Feed(NamedTuple):
    """A way that a value takes from one stack into others: of what kind, and what its readers call it."""

    kind: str
    """`export`, `output` or `parameter` (of Parameter Store)."""
    stage: str
    region: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Source(NamedTuple):
    """What a feed is filled from: a value, and where it is."""

    stage: str
    stack: str
    value: Any


class Links:
    """The feeds of one side: what they are filled from, and what they lead back to."""

    def __init__(self, side: Side) -> None:
        self.side = side

    @cached_property
    def sources(self) -> dict[Feed, Source]:
        """What each feed is filled from."""
        return dict(told for template in self.side.templates.values() for told in _told(template))

    def origins(self, stage: str, stack: str, value: object) -> set[Resource]:
        """Return the resources that a value refers to, in whatever stack they are."""
        template = self.side.get(stage, stack)
        if template is None:
            return set()
        found = {Resource(stage, stack, name) for name in references(value) & set(template.resources)}
        for source in (self.sources.get(feed) for feed in reads(value, template)):
            # This ends: CloudFormation knows no two stacks that read from each other.
            found |= self.origins(*source) if source else set()
        return found

    def properties(self, resource: Resource) -> dict[str, Any]:
        """Return the properties of a resource."""
        template = self.side.get(resource.stage, resource.stack)
        return at(template.resources if template else None, resource.logical_id, "Properties") or {}

    def kind(self, resource: Resource) -> str:
        """Return the type of a resource, or nothing if this side does not have it."""
        template = self.side.get(resource.stage, resource.stack)
        return at(template.resources if template else None, resource.logical_id, "Type") or ""

    def where(self, resource: Resource) -> str:
        """Return what a resource is called in findings."""
        template = self.side.get(resource.stage, resource.stack)
        return template.where(resource.logical_id) if template else resource.logical_id


def _told(template: Template) -> Iterator[tuple[Feed, Source]]:
    """Yield what a template tells other stacks."""
    here = template.stage, template.region
    for key, output in template.body.get("Outputs", {}).items():
        source = Source(template.stage, template.stack, output.get("Value"))
        yield Feed("output", *here, f"{template.name}.{key}"), source
        if "Export" in output:
            yield Feed("export", *here, text(output["Export"]["Name"])), source
    for resource in template.resources.values():
        name = at(resource, "Properties", "Name")
        if resource["Type"] == PARAMETER and name:
            value = at(resource, "Properties", "Value")
            yield Feed("parameter", *here, text(name)), Source(template.stage, template.stack, value)


def reads(value: object, template: Template) -> set[Feed]:
    """Return the feeds that a value of a template reads."""
    found = (feed(function, argument, template) for function, argument in [("", value), *functions(value)])
    return {one for one in found if one}


def feed(function: str, argument: Any, template: Template) -> Feed | None:  # noqa: ANN401 (whatever a template has there)
    """Return the feed that a function, or a dynamic reference within a text, reads."""
    here = template.stage, template.region
    match function, argument:
        case "Fn::ImportValue", _:
            return Feed("export", *here, text(argument))
        case "Fn::GetStackOutput", {"StackName": stack, "OutputName": output}:
            region = argument.get("Region", template.region)
            there = region if isinstance(region, str) else template.region
            return Feed("output", template.stage, there, f"{text(stack)}.{text(output)}")
        case "Ref", str() if str(at(template.body, "Parameters", argument, "Type")).startswith(READS_PARAMETER):
            return Feed("parameter", *here, str(at(template.body, "Parameters", argument, "Default")))
        case _, str() if found := RESOLVED.search(argument):
            return Feed("parameter", *here, found[1])
        case _:
            return None
