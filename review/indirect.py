"""Replacement that spreads from one stack into others: the difference engine stops at the edge of a template.

A value that another stack reads (by an export, by Fn::GetStackOutput, by a parameter) changes when what it is of is
replaced. The readers' templates look the same before and after, so each is compared with itself, with such values made
different, until nothing more is replaced: chains of stacks are followed to their end.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, cast

from review.differences import compare
from review.engine import Engine
from review.model import Change, Finding, Severity
from review.risks.comparison import Comparison
from review.risks.links import Feed, Resource, Source, feed, reads
from review.risks.stateful import HOLDS, causes, kind, values
from review.risks.values import at
from review.sides import Side, Template
from review.values import references

MARK = " (another)"
"""Makes a value that is read differ; no name in a template ends so."""
IMPACTS = ("replace", "may_replace")


def find(comparison: Comparison, engine: Engine | None = None) -> Iterator[Finding]:
    """Find what is replaced because of another stack, and changes of exports in use, which CloudFormation refuses."""
    spread = Spread(comparison)
    with ExitStack() as stack:
        while marked := spread.marked():
            engine = engine or stack.enter_context(Engine())
            side = Side({(one.stage, one.stack): one for one in marked})
            plain = Side({key: comparison.head.templates[key] for key in side.templates})
            if not spread.add(compare(plain, side, engine).changes):
                break
    yield from spread.findings()
    yield from _refused(comparison, spread)


class Spread:
    """What is replaced, directly or by way of other stacks, as far as it is known."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._direct = {_resource(one): one for one in comparison.differences.changes if one.impact in IMPACTS}
        self._indirect: dict[Resource, Change] = {}
        self._why: dict[Resource, str] = {}

    @property
    def feeds(self) -> dict[Feed, str]:
        """The values for other stacks that change, and why."""
        told: dict[Feed, str] = {}
        sources = self._comparison.after.sources
        while more := {
            name: why for name, one in sources.items() if name not in told and (why := self._because(name, one, told))
        }:
            told |= more
        return told

    def _because(self, name: Feed, source: Source, told: Mapping[Feed, str]) -> str:
        """Say why a value for other stacks changes; nothing if it does not."""
        template = self._comparison.head.templates[source.stage, source.stack]
        for logical_id in sorted(references(source.value)):
            if self._replaced(Resource(source.stage, source.stack, logical_id)):
                return f"{template.where(logical_id)} of {source.stack} is replaced"
        passed_on = sorted(told[one] for one in reads(source.value, template) & told.keys())
        if passed_on:
            return passed_on[0]
        former = self._comparison.before.sources.get(name)
        return f"{source.stack} tells another value" if former and former.value != source.value else ""

    def _replaced(self, resource: Resource) -> bool:
        change = self._direct.get(resource) or self._indirect.get(resource)
        return change is not None and change.impact == "replace"

    def marked(self) -> list[Template]:
        """Return the templates that read what changes, with what they read made different."""
        told = self.feeds
        found: list[Template] = []
        for template in self._comparison.head.templates.values():
            defaults = _defaults(self._comparison, template)
            body = _marked(template.body, template, {*told}, defaults)
            if body != template.body:
                found.append(replace(template, body={**template.body, "Resources": body["Resources"]}))
        return found

    def add(self, changes: tuple[Change, ...]) -> bool:
        """Take over what a comparison has found; return whether anything more is replaced."""
        more = {
            resource: change
            for change in changes
            if change.impact in IMPACTS and self._old(resource := _resource(change)) and self._worse(resource, change)
        }
        self._why |= {resource: self._cause(change) for resource, change in more.items()}
        self._indirect |= more
        return bool(more)

    def _worse(self, resource: Resource, change: Change) -> bool:
        known = self._direct.get(resource) or self._indirect.get(resource)
        return known is None or (known.impact == "may_replace" and change.impact == "replace")

    def _old(self, resource: Resource) -> bool:
        """Whether there is one to replace already."""
        return bool(self._comparison.before.kind(resource))

    def _cause(self, change: Change) -> str:
        """Say which properties of a resource change, and by way of what."""
        told = self.feeds
        template = self._comparison.head.templates[change.stage, change.stack]
        ways: list[str] = []
        for one in causes(change):
            before = at(template.resources, change.logical_id, "Properties", one.name)
            fed = sorted(reads(before, template) & told.keys())
            new = sorted(references(before) & _defaults(self._comparison, template))
            ways += [f"{one.name} comes by {way}: {told[way]}" for way in fed]
            ways += [f"{one.name} is the parameter {name}, if its new default is taken" for name in new]
            ways += [f"{one.name} is of {template.where(name)}, which is replaced too" for name in one.replaced]
        return ways[0] if ways else "what it is made of is replaced"

    def findings(self) -> Iterator[Finding]:
        """Yield what is replaced because of another stack."""
        for resource, change in sorted(self._indirect.items(), key=lambda item: item[0]):
            pair = self._comparison.pair(resource)
            certain = change.impact == "replace"
            is_ = "is" if certain else "may be"
            if pair.kind in HOLDS:
                noun, anew, severity = kind(pair)
                title = f"the {noun} {is_} replaced by {anew}, because of another stack: {self._why[resource]}"
                worst = severity if certain else min(severity, Severity.HIGH)
                yield pair.finding("stateful-replaced-indirectly", worst, title, values(change)[0])
            elif certain:
                title = f"it is replaced because of another stack: {self._why[resource]}"
                yield pair.finding("replaced-indirectly", Severity.MEDIUM, title, values(change)[0])


def _resource(change: Change) -> Resource:
    return Resource(change.stage, change.stack, change.logical_id)


def _defaults(comparison: Comparison, template: Template) -> set[str]:
    """The parameters of a template that have another default than before."""
    before = comparison.base.get(template.stage, template.stack)
    old, new = (_parameters(one) for one in (before, template))
    return {name for name in old.keys() & new.keys() if at(old[name], "Default") != at(new[name], "Default")}


def _parameters(template: Template | None) -> dict[str, Any]:
    return template.body.get("Parameters", {}) if template else {}


def _marked(value: object, template: Template, feeds: set[Feed], parameters: set[str]) -> Any:  # noqa: ANN401 (whatever a template has there)
    """Return a value with each function that reads one of the feeds or parameters made different."""
    if isinstance(value, list):
        return [_marked(item, template, feeds, parameters) for item in cast("list[Any]", value)]
    if isinstance(value, str):
        return value + MARK if feed("", value, template) in feeds else value
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for key, item in cast("Mapping[str, Any]", value).items():
        of_parameter = key == "Ref" and item in parameters
        hit = of_parameter or (
            key in {"Ref", "Fn::ImportValue", "Fn::GetStackOutput"} and feed(key, item, template) in feeds
        )
        found[key] = {MARK: item} if hit else _marked(item, template, feeds, parameters)
    return found


def _refused(comparison: Comparison, spread: Spread) -> Iterator[Finding]:
    """An export that another stack reads can be neither changed nor removed ("Fn::ImportValue", template reference)."""
    told, users = spread.feeds, _users(comparison)
    refused: dict[tuple[str, str, str], list[Feed]] = {}
    for name, source in sorted(comparison.before.sources.items(), key=lambda item: item[0]):
        if name in users and _in_place(comparison, source):
            gone = "it is removed" if name.kind == "export" and name not in comparison.after.sources else ""
            why = gone or (told.get(name, "") if name.kind == "export" else "")
            if why:
                refused.setdefault((source.stage, source.stack, why), []).append(name)
    for (stage, stack, why), names in refused.items():
        readers = ", ".join(sorted({reader for name in names for reader in users[name]}))
        yield Finding(
            rule="export-in-use",
            severity=Severity.MEDIUM,
            stage=stage,
            stack=stack,
            resource=stack,
            title=f"CloudFormation refuses to change what {readers} imports ({why}): change the reader first",
            source="risk",
            before=[name.name for name in names],
        )


def _in_place(comparison: Comparison, source: Source) -> bool:
    """Whether a stack is the same to CloudFormation on both sides; else the old one is left as it is."""
    before, after = (side.get(source.stage, source.stack) for side in (comparison.base, comparison.head))
    return before is not None and after is not None and (before.name, before.region) == (after.name, after.region)


def _users(comparison: Comparison) -> dict[Feed, list[str]]:
    """Which stacks read an export before: CloudFormation asks what is deployed."""
    users: dict[Feed, list[str]] = {}
    for template in sorted(comparison.base.templates.values(), key=lambda one: (one.stage, one.stack)):
        read = reads([template.body.get(section) for section in ("Resources", "Outputs")], template)
        for one in sorted(read):
            users.setdefault(one, []).append(template.stack)
    return users
