"""Values of a template as CloudFormation reads them: `"true"` is true, `"5"` is 5, one string is a list of one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

LONGEST = 100
"""How much of one value a sentence shows."""


class Named(NamedTuple):
    """A step of a path into a list of keys and values, as the attributes of a load balancer are."""

    key: str


Path = Sequence[str | Named]


def at(value: object, *path: str | Named) -> Any:  # noqa: ANN401 (whatever a template has there)
    """Return what a path leads to, or None where it ends early."""
    for step in path:
        if isinstance(step, Named):
            value = next((at(item, "Value") for item in listed(value) if at(item, "Key") == step.key), None)
        else:
            value = cast("Mapping[str, Any]", value).get(step) if isinstance(value, Mapping) else None
    return value


def listed(value: object) -> list[Any]:
    """Return a list as it is, nothing as an empty one, anything else as a list of one."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    return [] if value is None else [value]


def on(value: object) -> bool:
    """Whether a switch is on; a value that is known at deployment only counts as on."""
    return str(value).lower() not in {"none", "false", "0", ""}


def number(value: object) -> float | None:
    """Return a number, or None if there is none or it is known at deployment only."""
    if isinstance(value, bool):
        return None
    try:
        return float(cast("Any", value))
    except (TypeError, ValueError):
        return None


def text(value: object) -> str:
    """Return a value as one text, the same for the same value; `${…}` stands for what is known at deployment only."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(cast("Mapping[str, Any]", value)) == 1:
        ((function, argument),) = cast("Mapping[str, Any]", value).items()
        return _filled_in(function, argument)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _filled_in(function: str, argument: Any) -> str:  # noqa: ANN401 (whatever a template has there)
    match function, argument:
        case "Fn::Join", [str() as between, [*parts]]:
            return between.join(map(text, parts))
        case "Fn::Sub", str():
            return argument
        case "Ref" | "Fn::GetAtt", str():
            name = argument
        case "Fn::GetAtt", [*parts]:
            name = ".".join(map(text, parts))
        case "Fn::ImportValue", str():
            name = f"import {argument}"
        case _:
            name = json.dumps({function: argument}, sort_keys=True, ensure_ascii=False)
    return f"${{{name}}}"


def functions(value: object) -> Iterator[tuple[str, Any]]:
    """Yield each key and value in a value, at any depth: among them every function with its argument."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from functions(item)
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield key, item
            yield from functions(item)


def target(value: object) -> str:
    """Return the logical id of what a value names, be it by Ref or by an attribute; else the value as text."""
    name = at(value, "Ref") or next(iter(listed(at(value, "Fn::GetAtt"))), None)
    return name.partition(".")[0] if isinstance(name, str) else text(value)


def few(values: Sequence[str], most: int = 3) -> str:
    """Return the first values for a sentence, and how many there are beside."""
    plain = [" ".join(value.split()) for value in values[:most]]
    shown = ", ".join(value if len(value) <= LONGEST else f"{value[:LONGEST]}…" for value in plain)
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"
