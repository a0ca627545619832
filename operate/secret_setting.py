"""The number of a stage's origin secret, as it stands in stacks/config.py."""

import ast

from operate.command import StageError
from operate.stage import ROOT

FILE = ROOT / "stacks" / "config.py"
SETTING = "origin_secret"


def write(stage: str, number: int) -> None:
    """Set the number of a stage, and change nothing else."""
    FILE.write_text(changed(FILE.read_text(encoding="utf-8"), stage, number), encoding="utf-8")


def changed(source: str, stage: str, number: int) -> str:
    """Return the settings' source with another number for the stage."""
    edge = _edge(source, stage)
    for keyword in edge.keywords:
        if keyword.arg == SETTING:
            return _replaced(source, keyword.value, str(number))
    text = str(ast.get_source_segment(source, edge))
    before = text[: text.rindex(")")].rstrip().rstrip(",")
    more = f"{', ' if edge.keywords else ''}{SETTING}={number})"
    return _replaced(source, edge, before + more)


def _edge(source: str, stage: str) -> ast.Call:
    """Find `edge=EdgeConfig(…)` in the call that makes the stage."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        name, edge = given.get("name"), given.get("edge")
        if isinstance(name, ast.Constant) and name.value == stage and isinstance(edge, ast.Call):
            return edge
    raise StageError(f'no edge=EdgeConfig(…) stands in STAGES["{stage}"]; set {SETTING} there by hand, and deploy')


def _replaced(source: str, node: ast.expr, text: str) -> str:
    """Return the source with another text for a node; columns are counted in bytes."""
    lines = source.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: (node.end_lineno or node.lineno) - 1])) + (node.end_col_offset or 0)
    raw = source.encode()
    return (raw[:start] + text.encode() + raw[end:]).decode()
