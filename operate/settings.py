"""`make settings`: write docs/settings.md from stacks/config*.py, where every setting is declared and explained."""

import ast
import inspect
import itertools
import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from stacks.config import STAGES, StageConfig
from stacks.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Written by `make settings` from `stacks/config*.py`. Every setting is checked when templates are made; a wrong one is
one line that names the value, what is expected and where to set it. A name carries its unit: `_seconds`, `_minutes`,
`_days`, `_ms`, `_mib` (2**20 bytes), `_bytes`. What a stage has otherwise stands in `STAGES` in `stacks/config.py`.
"""
OF_THIS_MACHINE = ("local", "python")
"""The stage and group whose values are what this machine has, and no text for everybody."""
Group = type[Settings]


def page() -> str:
    """Return the whole page."""
    stage = next(iter(STAGES.values()))
    groups: list[tuple[str, Group]] = [("stage", StageConfig)]
    groups += [(each.name, type(value)) for each, value in _values(stage) if isinstance(value, Settings)]
    return HEAD + "".join("\n" + "\n".join(_section(name, group)) + "\n" for name, group in groups)


def _section(name: str, group: Group) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield " ".join((inspect.getdoc(group) or "").split())
    yield ""
    yield "| setting | default | bounds | otherwise | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    meanings = _meanings(group)
    for each in fields(group):
        if not _is_group(each):
            cells = (
                f"`{each.name}`",
                _default(each),
                _bounds(each),
                _otherwise(name, each),
                meanings.get(each.name, ""),
            )
            yield f"| {' | '.join(cells)} |"


def _default(each: "Field[Any]") -> str:
    return "" if each.default is MISSING else _text(each.default)


def _bounds(each: "Field[Any]") -> str:
    if "low" in each.metadata:
        return f"{each.metadata['low']:,} to {each.metadata['high']:,}"
    return ", ".join(map(_text, each.metadata.get("allowed", ())))


def _otherwise(group: str, each: "Field[Any]") -> str:
    """The stages that set something else, with what they set."""
    if each.name == "name":
        return ""
    held_by = {name: stage if group == "stage" else getattr(stage, group) for name, stage in STAGES.items()}
    values = {
        name: getattr(held, each.name)
        for name, held in held_by.items()
        if held is not None and (name, group) != OF_THIS_MACHINE
    }
    return ", ".join(f"{name} {_text(value)}" for name, value in values.items() if value != each.default)


def _text(value: object) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case tuple():
            return ", ".join(map(str, value)) or "none"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case Path() | str() if Path(str(value)).is_absolute():
            return f"…/{Path(str(value)).name}"
        case "" | None:
            return "empty"
        case Settings():
            return "its own"
        case _:
            return f"{value:,}" if isinstance(value, int) else str(value)


def _meanings(group: Group) -> dict[str, str]:
    """The text below each declaration, which is no docstring for Python and so has to be read from the source."""
    (declared,) = ast.parse(inspect.getsource(group)).body
    found: dict[str, str] = {}
    statements = declared.body if isinstance(declared, ast.ClassDef) else []
    for statement, below in itertools.pairwise(statements):
        match statement, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split()).replace("|", "\\\\|")
            case _:
                pass
    return found


def _is_group(each: "Field[Any]") -> bool:
    """Tell a group that every stage has, and that has a section of its own."""
    return "Config" in str(each.type) and each.default is MISSING


def _values(stage: StageConfig) -> Iterator[tuple["Field[Any]", Any]]:
    return ((each, getattr(stage, each.name)) for each in fields(stage))


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"written: {PAGE.name}\n")
