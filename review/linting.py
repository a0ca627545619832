"""What the processes that lint are asked to do; cfn-lint itself is loaded there alone, since that takes seconds."""

from importlib import import_module
from typing import NamedTuple


class Match(NamedTuple):
    """What cfn-lint has found, and where in the template."""

    rule: str
    severity: str
    message: str
    path: tuple[str, ...]
    """Keys and places in lists."""


def lint(region: str, text: str) -> list[Match]:
    """Return what cfn-lint finds in the text of a template that is for a region."""
    from review import linter  # noqa: PLC0415

    return [Match(*found) for found in linter.found(region, text)]


def warm_up() -> None:
    """Load cfn-lint, where the process did not begin with it."""
    import_module("review.linter")
