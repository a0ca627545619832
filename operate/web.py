"""The deployed web application of a stage: where it is, and the functions that people may ask."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operate import stage
from operate.command import InputError, StageError
from stacks.config_edge import EDGE_REGION

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, kw_only=True)
class Web:
    """A deployed Web stack: its outputs, and the client that reaches its functions."""

    outputs: dict[str, str]
    functions: "LambdaClient"

    def ask(self, output: str, question: dict[str, Any]) -> dict[str, Any]:
        """Invoke the function that an output names and return its answer; its refusals are InputErrors."""
        name = self.outputs[output]
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(question))
        said: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise StageError(f"function {name} failed: {said.get('errorMessage')}; see its log")
        if "error" in said:
            raise InputError(said["error"])
        return said


def find(name: str) -> Web:
    """Return the Web stack of a deployed stage."""
    return found(name, stage.connect(name))


def found(name: str, connect: Callable[[str], Any]) -> Web:
    """Return the Web stack that `connect` leads to."""
    return Web(outputs=stage.outputs(name, "web", connect), functions=connect("lambda"))


def site_url(name: str) -> str:
    """Return how readers reach the site of a deployed stage."""
    if name == "local":
        return f"https://localhost:{stage.running_cloud().edge_tls_port}"
    return stage.outputs(name, "edge", stage.connect(name, region=EDGE_REGION))["SiteUrl"]
