"""What a stack reads from stacks of another region, as one word that changes when one of the values does.

CloudFormation looks such values up when it deploys the stack, and deploys it only when something in it has changed: the
word is a parameter of the stack.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

LETTERS = 16

Outputs = Callable[[str], Mapping[str, str]]
"""Returns the outputs of the stack of that name, by key."""


def revision(template: Any, outputs: Outputs) -> str:  # noqa: ANN401 (JSON)
    """Return the word for a template with what the stacks that it reads have now."""
    found = {(stack, output) for stack, output in _reads(template)}
    deployed = {stack: outputs(stack) for stack in sorted({stack for stack, _ in found})}
    values = [(stack, output, deployed[stack][output]) for stack, output in sorted(found)]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:LETTERS]


def _reads(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (JSON)
    """Yield stack and output of each reference to a stack that exports nothing."""
    match value:
        case {"Fn::GetStackOutput": {"StackName": str(stack), "OutputName": str(output)}}:
            yield stack, output
        case dict():
            for part in value.values():  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
                yield from _reads(part)
        case list():
            for part in value:  # pyright: ignore[reportUnknownVariableType]
                yield from _reads(part)
        case _:
            pass
