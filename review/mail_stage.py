"""A stage as the rules for mail look at it: the resources of all its stacks, and the DNS records among them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from review.model import Finding, Severity
from review.risks.values import at, listed, text
from review.sides import Side, Template

QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Record(NamedTuple):
    """Records of one name and type."""

    kind: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Resource:
    """A resource of a stage."""

    template: Template
    logical_id: str

    @property
    def where(self) -> str:
        """What findings call it."""
        return self.template.where(self.logical_id)

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its properties, be there none."""
        return self.template.resources[self.logical_id].get("Properties") or {}

    def get(self, *path: str) -> object:
        """Return a property, or None."""
        return at(self.properties, *path)

    def finding(self, rule: str, severity: Severity, title: str, after: object = None) -> Finding:
        """Return a finding on it, with the value that is the reason."""
        return Finding(
            rule=rule,
            severity=severity,
            stage=self.template.stage,
            stack=self.template.stack,
            resource=self.where,
            title=title,
            source="mail",
            after=after,
        )


@dataclass(frozen=True)
class Stage:
    """All stacks of a stage: records may stand in another than what they are for."""

    templates: tuple[Template, ...]

    def all(self, *kinds: str) -> Iterator[Resource]:
        """Yield each resource of some types."""
        for template in self.templates:
            for logical_id, resource in sorted(template.resources.items()):
                if resource["Type"] in kinds:
                    yield Resource(template, logical_id)

    @cached_property
    def domains(self) -> list[Resource]:
        """The identities that are domains; others are single addresses."""
        return [one for one in self.all("AWS::SES::EmailIdentity") if "@" not in text(one.get("EmailIdentity"))]

    @cached_property
    def records(self) -> list[Record]:
        """The records of all zones."""
        alone = [one.properties for one in self.all("AWS::Route53::RecordSet")]
        groups = [one.get("RecordSets") for one in self.all("AWS::Route53::RecordSetGroup")]
        return [_record(record) for record in [*alone, *(record for group in groups for record in listed(group))]]

    def values(self, kind: str, name: str) -> list[str]:
        """Return the values of all records of a type and name."""
        wanted = _host(name)
        return [value for record in self.records if record[:2] == (kind, wanted) for value in record.values]


def stages(side: Side) -> list[Stage]:
    """Return the stages of a side."""
    names = sorted({template.stage for template in side.templates.values()})
    ordered = [side.templates[place] for place in side.places]
    return [Stage(tuple(template for template in ordered if template.stage == name)) for name in names]


def _record(properties: object) -> Record:
    values = tuple(_unquoted(text(value)) for value in listed(at(properties, "ResourceRecords")))
    return Record(text(at(properties, "Type")), _host(text(at(properties, "Name"))), values)


def _host(name: str) -> str:
    """Return a name as names are compared, in lower case and without the dot at its end."""
    return name if "${" in name else name.lower().removesuffix(".")


def _unquoted(value: str) -> str:
    """Return the text of a TXT record, which is in quotes and may be in several pieces."""
    return "".join(QUOTED.findall(value)) if value.startswith('"') else value
