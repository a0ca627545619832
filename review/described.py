"""A JSON schema in which everything is described: by the texts that stand below fields."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any


def described(schema: dict[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Add the meaning of each field that is told where it is declared, by the names that the schema defines."""
    for name, definition in schema["$defs"].items():
        meanings = dict(_meanings(kinds[name]))
        for field in meanings.keys() & definition.get("properties", {}).keys():
            definition["properties"][field]["description"] = meanings[field]
    return schema


def _meanings(kind: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (any class)
    """Yield each field that a text stands below, with the text."""
    (declared,) = ast.parse(inspect.getsource(kind)).body
    statements = declared.body if isinstance(declared, ast.ClassDef) else []
    for field, text in pairwise(statements):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(meaning))):
                yield name, " ".join(meaning.split())
            case _:
                pass
