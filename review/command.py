"""How a review fails, and where what it runs is found."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / ".venv" / "bin" / "node"


class ReviewError(Exception):
    """There is nothing to review, or no way to, with the way out."""
