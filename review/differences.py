"""How the templates of two sides differ: what the CDK's difference engine says, beside the values themselves."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, cast

from review.command import ReviewError
from review.engine import Answer, Engine, ResourceAnswer
from review.model import Change, Differences, Impact, Permission, PropertyChange, Replacement, SectionChange
from review.sides import Place, Side, Template
from review.values import references, without_hashes

EMPTY: dict[str, Any] = {}
# What CloudFormation reads from a stack rather than from its template.
STACK = ("name", "region", "protected")

IMPACTS: dict[str, Impact] = {
    "WILL_CREATE": "create",
    "WILL_UPDATE": "update",
    "WILL_REPLACE": "replace",
    "MAY_REPLACE": "may_replace",
    "WILL_DESTROY": "remove",
    "WILL_ORPHAN": "orphan",
    "WILL_IMPORT": "import",
    "NO_CHANGE": "none",
}
REPLACEMENTS: dict[str, Replacement] = {"WILL_REPLACE": "will", "MAY_REPLACE": "may"}
Kind = Literal["statement", "managed_policy", "ingress", "egress"]
PERMISSIONS: dict[Kind, tuple[str, str]] = {
    "statement": ("statementAdditions", "statementRemovals"),
    "managed_policy": ("managedPolicyAdditions", "managedPolicyRemovals"),
    "ingress": ("ingressRuleAdditions", "ingressRuleRemovals"),
    "egress": ("egressRuleAdditions", "egressRuleRemovals"),
}


class Pair(NamedTuple):
    """A template before and after; None where a side does not have the stack."""

    place: Place
    before: Template | None
    after: Template | None


def compare(base: Side, head: Side, engine: Engine | None = None) -> Differences:
    """Return how the templates of HEAD differ from those of BASE."""
    if engine is None:
        with Engine() as own:
            return compare(base, head, own)
    pairs = [Pair(place, base.get(*place), head.get(*place)) for place in sorted({*base.places, *head.places})]
    differing = [pair for pair in pairs if _body(pair.before) != _body(pair.after)]
    answers = engine.compare((_body(pair.before), _body(pair.after)) for pair in differing)
    for pair, answer in zip(differing, answers, strict=True):
        if answer.failed:
            stage, stack = pair.place
            raise ReviewError(f"the difference engine cannot compare {stack} of {stage}: {answer.failed}")
    compared = list(zip(differing, answers, strict=True))
    return Differences(
        changes=tuple(change for pair, answer in compared for change in _changes(pair, answer)),
        sections=tuple(section for pair in pairs for section in _sections(pair)),
        permissions=tuple(permission for pair, answer in compared for permission in _permissions(pair.place, answer)),
    )


def _body(template: Template | None) -> dict[str, Any]:
    return template.body if template else EMPTY


def _changes(pair: Pair, answer: Answer) -> Iterator[Change]:
    replaced = {name for name, said in answer.resources.items() if said.impact == "WILL_REPLACE"}
    for name, said in sorted(answer.resources.items()):
        yield _change(pair, name, said, replaced)


def _change(pair: Pair, name: str, said: ResourceAnswer, replaced: set[str]) -> Change:
    before = pair.before.resources.get(name) if pair.before else None
    after = pair.after.resources.get(name) if pair.after else None
    owner = pair.after if pair.after and after else pair.before
    assert owner is not None  # noqa: S101 (one side has it)
    old, new = (_properties(resource) for resource in (before, after))
    if before is None or after is None:
        said.properties = dict.fromkeys((*old, *new), "")
    properties = tuple(
        _property(key, old.get(key), new.get(key), said.properties[key], replaced) for key in sorted(said.properties)
    )
    changed = {*said.attributes, *(["Type"] if before and after and before["Type"] != after["Type"] else [])}
    attributes = tuple(
        PropertyChange(name=key, before=(before or EMPTY).get(key), after=(after or EMPTY).get(key))
        for key in sorted(changed)
    )
    impact = IMPACTS[said.impact]
    if impact in ("none", "update"):
        # The engine knows no properties of custom resources and takes their changes for none.
        impact = "update" if properties or changed - {"Metadata"} else "none"
    only_assets = impact == "update" and not changed and all(_same_but_assets(change) for change in properties)
    return Change(
        stage=pair.place.stage,
        stack=pair.place.stack,
        logical_id=name,
        resource_type=str((after or before or EMPTY).get("Type", "")),
        path=owner.path(name),
        impact=impact,
        properties=properties,
        attributes=attributes,
        asset_only=only_assets,
    )


def _properties(resource: dict[str, Any] | None) -> dict[str, Any]:
    return (resource or EMPTY).get("Properties") or EMPTY


def _property(name: str, before: object, after: object, impact: str, replaced: set[str]) -> PropertyChange:
    causes = REPLACEMENTS.get(impact, "never")
    because = sorted(references(after) & replaced) if causes != "never" else []
    return PropertyChange(name=name, before=before, after=after, causes_replacement=causes, replaced=tuple(because))


def _same_but_assets(change: PropertyChange) -> bool:
    return without_hashes(change.before) == without_hashes(change.after)


def _sections(pair: Pair) -> Iterator[SectionChange]:
    stage, stack = pair.place
    if pair.before and pair.after:
        for name in STACK:
            before, after = getattr(pair.before, name), getattr(pair.after, name)
            if before != after:
                yield SectionChange(stage=stage, stack=stack, section="Stack", name=name, before=before, after=after)
    old, new = _body(pair.before), _body(pair.after)
    for section in sorted({*old, *new} - {"Resources"}):
        yield from _section(pair.place, section, old.get(section), new.get(section))


def _section(place: Place, section: str, *sides: object) -> Iterator[SectionChange]:
    old, new = (_named(side) for side in sides)
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before != after:
            yield SectionChange(
                stage=place.stage, stack=place.stack, section=section, name=name, before=before, after=after
            )


def _named(section: object) -> dict[str, Any]:
    """Return a section by name; some, as Description, are a plain text."""
    if section is None:
        return {}
    return cast("dict[str, Any]", section) if isinstance(section, dict) else {"": section}


def _permissions(place: Place, answer: Answer) -> Iterator[Permission]:
    said = answer.statements | answer.rules
    for kind, keys in PERMISSIONS.items():
        for key, added in zip(keys, (True, False), strict=True):
            for value in sorted(said.get(key, []), key=str):
                yield Permission(stage=place.stage, stack=place.stack, kind=kind, added=added, value=value)
