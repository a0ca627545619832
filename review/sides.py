"""The two sides of a review: the templates that a checkout synthesizes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

PATH = "aws:cdk:path"


@dataclass(frozen=True)
class Template:
    """A synthesized template and where it is to be deployed."""

    stage: str
    stack: str
    """Its artifact in the assembly, as `Mail`."""
    region: str
    body: dict[str, Any]
    name: str = ""
    """What CloudFormation knows the stack by, as `edgepost-prod-mail`."""
    protected: bool = False
    """Its termination protection."""

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources by logical id."""
        return self.body.get("Resources", {})

    def path(self, logical_id: str) -> str:
        """Return the path of the construct that a resource was made by, or nothing if the template does not tell."""
        noted = self.resources.get(logical_id, {}).get("Metadata", {}).get(PATH, "")
        return noted.removesuffix("/Resource")

    def where(self, logical_id: str) -> str:
        """Return what findings and exceptions call a resource: its construct path, else its logical id."""
        return self.path(logical_id) or logical_id


class Place(NamedTuple):
    """Which template it is, within a side."""

    stage: str
    stack: str


@dataclass(frozen=True)
class Side:
    """What one checkout synthesizes: a template for each stack of each stage."""

    templates: Mapping[tuple[str, str], Template]
    folders: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """The cloud assembly of each stage, with what the checks at synthesis reported."""

    @property
    def places(self) -> list[Place]:
        """Where there are templates, sorted."""
        return [Place(*key) for key in sorted(self.templates)]

    def get(self, stage: str, stack: str) -> Template | None:
        """Return a template, or None if this side has no such stack."""
        return self.templates.get((stage, stack))
