"""What a stack reads from others without an export, as one word that changes when one of the values does.

CloudFormation looks such values up when it deploys the stack, and deploys it only when something in it has changed: the
word is a parameter of the stack.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

LETTERS = 16

Outputs = Callable[[str, str], Mapping[str, str]]
"""Returns the outputs of the stack of that name in that region, by key."""


def revision(template: Any, outputs: Outputs) -> str:  # noqa: ANN401 (JSON)
    """Return the word for a template with what the stacks that it reads have now."""
    found = {*_reads(template)}
    deployed = {place: outputs(*place) for place in sorted({(stack, region) for stack, region, _ in found})}
    values = [(stack, output, deployed[stack, region][output]) for stack, region, output in sorted(found)]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:LETTERS]


def _reads(value: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 (JSON)
    """Yield stack, region and output of each reference to a stack that exports nothing."""
    match value:
        case {"Fn::GetStackOutput": {"StackName": str(stack), "Region": str(region), "OutputName": str(output)}}:
            yield stack, region, output
        case dict():
            for part in value.values():  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
                yield from _reads(part)
        case list():
            for part in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _reads(part)
        case _:
            pass
