"""What one change of the project's own templates is, with its harmless neighbour, and what is found in it."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from review.model import Finding
from review.risks import find
from tests.review.pairs import Edit, Pair, changed, changed_from, engine, named, properties


class Case(NamedTuple):
    """A risk, and the change beside it that is none."""

    name: str
    stack: str
    rule: str
    severity: str
    risk: Edit
    harmless: Edit
    given: Edit | None = None
    """What the project does not have, made on both sides."""
    stage: str = "prod"
    also: frozenset[str] = frozenset()
    """Rules that the same change breaks besides."""


def found(pair: Pair) -> list[Finding]:
    return find(pair.base, pair.head, pair.differences, engine())


def of(case: Case, edit: Edit) -> list[Finding]:
    if case.given is None:
        return found(changed(case.stack, edit, stage=case.stage))
    return found(changed_from(case.stack, case.given, partial(_both, case.given, edit), stage=case.stage))


def _both(first: Edit, second: Edit, body: dict[str, Any]) -> None:
    first(body)
    second(body)


def put(kind: str, beginning: str, *path: str | int, value: object) -> Edit:
    """Set one value of the first resource of a kind whose path begins so."""

    def edit(body: dict[str, Any]) -> None:
        place: Any = properties(body, kind, beginning)
        for step in path[:-1]:
            place = place[step] if isinstance(step, int) else place.setdefault(step, {})
        place[path[-1]] = value

    return edit


def without(kind: str, beginning: str, *path: str | int) -> Edit:
    """Take one value out."""

    def edit(body: dict[str, Any]) -> None:
        place: Any = properties(body, kind, beginning)
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return edit


def remove(kind: str, beginning: str) -> Edit:
    """Take the resource out of the template, with what else refers to it only as a dependency."""

    def edit(body: dict[str, Any]) -> None:
        name = named(body, kind, beginning)
        del body["Resources"][name]
        for resource in body["Resources"].values():
            if name in resource.get("DependsOn", []):
                resource["DependsOn"].remove(name)

    return edit


def rename(kind: str, beginning: str) -> Edit:
    """Give the resource another logical id, and tell whatever refers to it."""

    def edit(body: dict[str, Any]) -> None:
        name = named(body, kind, beginning)
        text = json.dumps(body).replace(f'"{name}"', f'"{name}Anew"')
        body.clear()
        body.update(json.loads(text))

    return edit


def attribute(kind: str, beginning: str, **values: str) -> Edit:
    """Set attributes that stand beside the properties."""
    return lambda body: body["Resources"][named(body, kind, beginning)].update(values)


def add(logical_id: str, kind: str, **values: object) -> Edit:
    """Add a resource."""
    return lambda body: body["Resources"].update({logical_id: {"Type": f"AWS::{kind}", "Properties": values}})


def both(*edits: Edit) -> Edit:
    """Make several edits."""

    def edit(body: dict[str, Any]) -> None:
        for one in edits:
            one(body)

    return edit


def on_statement(kind: str, beginning: str, action: str, change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change the first statement about an action, wherever the resource has its policy document."""

    def edit(body: dict[str, Any]) -> None:
        statements = _document(properties(body, kind, beginning))["Statement"]
        change(next(one for one in statements if action in one["Action"]))

    return edit


def statements(kind: str, beginning: str, change: Callable[[list[dict[str, Any]]], object]) -> Edit:
    """Change the list of statements."""
    return lambda body: change(_document(properties(body, kind, beginning))["Statement"])


def _document(found: dict[str, Any]) -> dict[str, Any]:
    keys = ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy")
    return next(found[key] for key in keys if key in found)
