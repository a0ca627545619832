"""Values as templates have them: JSON with functions that refer to resources."""

import re
from collections.abc import Mapping
from typing import Any, cast

ASSET_HASH = re.compile(r"\b[0-9a-f]{64}\b")
SUBSTITUTED = re.compile(r"\$\{([^!}][^}]*)\}")


def references(value: object) -> set[str]:
    """Return the logical ids that a value refers to, by Ref, Fn::GetAtt or within Fn::Sub."""
    if isinstance(value, list):
        return {name for item in cast("list[object]", value) for name in references(item)}
    if not isinstance(value, Mapping):
        return set()
    return {name for key, item in cast("Mapping[str, Any]", value).items() for name in _of_key(key, item)}


def without_hashes(value: object) -> object:
    """Return a value without the hashes of assets, which change with each line of a function's code."""
    if isinstance(value, str):
        return ASSET_HASH.sub("<asset hash>", value)
    if isinstance(value, list):
        return [without_hashes(item) for item in cast("list[object]", value)]
    if isinstance(value, Mapping):
        return {key: without_hashes(item) for key, item in cast("Mapping[str, object]", value).items()}
    return value


def _of_key(key: str, item: object) -> set[str]:
    first = _first(item)
    if not isinstance(first, str):
        return references(item)
    match key:
        case "Ref":
            return {first}
        case "Fn::GetAtt":
            return {first.partition(".")[0]}
        case "Fn::Sub":
            return {name.partition(".")[0] for name in SUBSTITUTED.findall(first)} | references(item)
        case _:
            return references(item)


def _first(item: object) -> object:
    return next(iter(cast("list[object]", item)), None) if isinstance(item, list) else item
