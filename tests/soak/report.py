"""Tables, and the part of docs/proof.md that a run writes."""

from collections.abc import Sequence
from pathlib import Path

BEGIN, END = "<!-- written by make soak -->", "<!-- end of what make soak writes -->"
PROOF = Path(__file__).resolve().parents[2] / "docs" / "proof.md"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table in Markdown; the first row is its head."""
    head, *rest = rows
    lines = [head, ["---"] * len(head), *rest]
    return [f"| {' | '.join(each)} |" for each in lines]


def with_figures(text: str, figures: Sequence[str]) -> str:
    """Put figures between the markers of a document, in the place of those that stand there."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/proof.md has no lines {BEGIN!r} and {END!r}; put them back")
    return "\n".join([before + BEGIN, "", *figures, "", END + after])
