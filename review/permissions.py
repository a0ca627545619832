"""Permissions as policies spell them, not as the difference engine does."""

import json
from collections.abc import Mapping
from typing import Any, cast

TARGETS = {"actions": "Action", "principals": "Principal", "resources": "Resource"}


def spelled(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Return a statement as a policy has it; what is no statement, or one that only a deploy knows, as it is."""
    match value:
        case {"type": "parsed", "value": {"effect": effect, **rest}}:
            return {"Effect": effect} | _parts(cast("dict[str, Any]", rest))
        case {"type": "parsed" | "unparseable", "value": inner}:
            return inner
        case _:
            return value


def _parts(rest: Mapping[str, Any]) -> dict[str, Any]:
    named = {"Sid": rest.get("sid"), "Condition": rest.get("condition")}
    for key, name in TARGETS.items():
        target: dict[str, Any] = rest.get(key) or {"not": False, "values": []}
        values = [_read(one) for one in target["values"]]
        named[f"Not{name}" if target["not"] else name] = values[0] if len(values) == 1 else values or None
    return {name: value for name, value in named.items() if value is not None}


def _read(text: str) -> Any:  # noqa: ANN401 (any JSON)
    """Return a text, or the function of CloudFormation that it is the JSON of."""
    if not text.startswith("{"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
