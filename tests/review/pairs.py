"""Two sides of a review that are the same but for one edit of the project's own templates."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from app import build
from review.differences import compare
from review.engine import Engine
from review.model import Change, Differences
from review.sides import PATH, Side, Template
from stacks.config import STAGES
from tests.stacks.synthesis import Synthesized, new_app

Edit = Callable[[dict[str, Any]], object]
"""Changes the body of a template in place."""


class Pair(NamedTuple):
    """BASE and HEAD, and how they differ."""

    base: Side
    head: Side
    differences: Differences

    @property
    def only(self) -> Change:
        """The only resource that has changed."""
        (change,) = self.differences.changes
        return change


@cache
def project(stage: str = "dev") -> Side:
    """Return the project's own templates of a stage, with construct paths; not to be changed in place."""
    app = new_app(**{"aws:cdk:enable-path-metadata": True})
    build(app, STAGES[stage])
    synthesized = Synthesized(Path(app.synth().directory))
    return Side({(stage, stack): _template(synthesized, stage, stack) for stack in synthesized.templates})


def _template(synthesized: Synthesized, stage: str, stack: str) -> Template:
    properties = synthesized.stack(stack)
    return Template(
        stage=stage,
        stack=stack,
        region=synthesized.region(stack),
        body=synthesized.template(stack).document,
        name=properties["stackName"],
        protected=properties.get("terminationProtection", False),
    )


def changed(stack: str, edit: Edit, *, stage: str = "dev") -> Pair:
    """Return the project's stage beside the same with an edit of one stack's template."""
    return edited({stack: edit}, stage=stage)


def edited(edits: Mapping[str, Edit], *, stage: str = "dev") -> Pair:
    """Return the project's stage beside the same with an edit of several stacks' templates."""
    base = project(stage)
    return pair_of(base, _with(base, stage, edits))


def changed_from(stack: str, before: Edit, after: Edit, *, stage: str = "dev") -> Pair:
    """Return a stage with one edit beside the same stage with another, where the project has nothing to change."""
    side = project(stage)
    return pair_of(_with(side, stage, {stack: before}), _with(side, stage, {stack: after}))


def pair_of(base: Side, head: Side) -> Pair:
    """Return two sides with how they differ."""
    return Pair(base, head, compare(base, head, engine()))


def bodies(before: dict[str, Any], after: dict[str, Any], *, stage: str = "dev", stack: str = "Mail") -> Pair:
    """Return two bodies of one template, with how they differ."""
    return pair_of(*(Side({(stage, stack): _alone(stage, stack, body)}) for body in (before, after)))


def _alone(stage: str, stack: str, body: dict[str, Any]) -> Template:
    return Template(stage, stack, "ap-northeast-1", body, name=f"edgepost-{stage}-{stack.lower()}")


def _with(side: Side, stage: str, edits: Mapping[str, Edit]) -> Side:
    templates = dict(side.templates)
    for stack, edit in edits.items():
        template = templates[stage, stack]
        body = json.loads(json.dumps(template.body))
        edit(body)
        templates[stage, stack] = replace(template, body=body)
    return Side(templates)


def named(template: Mapping[str, Any], kind: str, beginning: str = "") -> str:
    """Return the logical id of the first resource of a kind, as `SQS::Queue`, whose id or path begins so."""
    return next(
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == f"AWS::{kind}"
        and (name.startswith(beginning) or resource.get("Metadata", {}).get(PATH, "").startswith(beginning))
    )


def properties(template: Mapping[str, Any], kind: str, beginning: str = "") -> dict[str, Any]:
    """Return the properties of that resource, to be changed in place."""
    return template["Resources"][named(template, kind, beginning)].setdefault("Properties", {})


_OPEN = ExitStack()


@cache
def engine() -> Engine:
    """Return the difference engine, which starts once for all tests of a process."""
    return _OPEN.enter_context(Engine())


def close() -> None:
    """End the engine."""
    _OPEN.close()
    engine.cache_clear()
