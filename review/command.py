"""How a review fails, and where what it runs is found."""

from pathlib import Path

from operate.command import InputError, printable

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / ".venv" / "bin" / "node"

MOST_TOLD = 400


class ReviewError(InputError):
    """There is nothing to review, or no way to, with the way out."""


def told(stderr: str) -> str:
    """Return what a command that failed has to say: its last line, which is where errors end."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return printable(lines[-1])[:MOST_TOLD] if lines else "it ended without a word"
