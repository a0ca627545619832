"""One synth a stage for all tests, and a template as plain data."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack

from app import Edgepost, build
from stacks.config import STAGES

ROOT = Path(__file__).resolve().parent.parent.parent
# Neither pytest nor `python app.py` reads cdk.json by itself: without its flags the templates would be others.
FLAGS: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
UNBUNDLED: dict[str, Any] = {"aws:cdk:bundling-stacks": []}
SCRATCH = tempfile.TemporaryDirectory(prefix="edgepost-synth-")
STACKS = tuple(field.capitalize() for field in Edgepost._fields)
ASSET_HASH = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Template:
    """A synthesized template."""

    text: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def normalised(self) -> str:
        """The template without what changes with each line of a function's code."""
        return ASSET_HASH.sub("<asset hash>", json.dumps(self.document, indent=2)) + "\n"

    @property
    def resources(self) -> dict[str, Any]:
        return self.document["Resources"]

    def all(self, kind: str, **having: object) -> dict[str, Any]:
        """Properties of each resource of a kind, by logical id; `having` narrows to equal properties."""
        found = {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == f"AWS::{kind}"
        }
        return {
            name: properties
            for name, properties in found.items()
            if all(properties.get(key) == value for key, value in having.items())
        }

    def one(self, kind: str, **having: object) -> Any:
        """Properties of the only such resource."""
        (properties,) = self.all(kind, **having).values()
        return properties

    def named(self, beginning: str, kind: str) -> str:
        """The logical id of the only resource of a kind that begins so."""
        (name,) = (name for name in self.all(kind) if name.startswith(beginning))
        return name

    def statements(self, role: str, effect: str) -> list[dict[str, Any]]:
        """What a role's IAM policies allow or deny."""
        return [
            statement
            for policy in self.all("IAM::Policy").values()
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == effect
        ]

    def allowed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each statement that allows something, beside the name of its policy; those of IAM policies only."""
        for name, policy in self.all("IAM::Policy").items():
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    yield name, statement


@dataclass(frozen=True)
class Synthesized:
    """What a synth has written."""

    folder: Path

    def template(self, stack: str) -> Template:
        return Template((self.folder / f"{stack}.template.json").read_text())

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_text())

    @property
    def templates(self) -> dict[str, Template]:
        return {stack: self.template(stack) for stack in STACKS}

    def all(self, kind: str) -> list[Any]:
        """Properties of each resource of a kind in any stack."""
        return [properties for template in self.templates.values() for properties in template.all(kind).values()]

    def origins(self, stack: str, value: object) -> set[str]:
        """What a value of a stack's template refers to, as `Stack/LogicalId`, through outputs of other stacks too."""
        outputs = {
            told: (name, output["Value"])
            for name, template in self.templates.items()
            for key, output in template.document.get("Outputs", {}).items()
            for told in (output.get("Export", {}).get("Name"), (self.stack(name)["stackName"], key))
        }
        imports = [*re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(value)), *weakly_read(value)]
        own = {f"{stack}/{name}" for name in refers_to(value)}
        return own.union(*(self.origins(*outputs[name]) for name in imports))

    def region(self, stack: str) -> str:
        """Where a stack is to be deployed."""
        return self.manifest["artifacts"][stack]["environment"].rpartition("/")[2]

    def stack(self, stack: str) -> dict[str, Any]:
        """How a stack is to be deployed."""
        return self.manifest["artifacts"][stack]["properties"]

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "validation-report.json").read_text())

    @property
    def metadata(self) -> dict[str, list[dict[str, Any]]]:
        """What constructs have noted down, by construct path, of all stacks."""
        noted: dict[str, list[dict[str, Any]]] = {}
        for file in self.folder.glob("*.metadata.json"):
            noted |= json.loads(file.read_text())
        return noted


def new_app(**context: object) -> App:
    """An app with the flags of cdk.json, unbundled; findings are for tests to look at, not a reason to fail."""
    return App(
        context=FLAGS | UNBUNDLED | {"@aws-cdk/core:failSynthOnValidationErrors": False} | context,
        outdir=tempfile.mkdtemp(dir=SCRATCH.name),
        builtin_cloud_formation_validation=False,
        analytics_reporting=False,
    )


@cache
def synthesize(stage: str) -> Synthesized:
    app = new_app()
    build(app, STAGES[stage])
    return Synthesized(Path(app.synth().directory))


def run_app(folder: Path, context: Mapping[str, object], *, root: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Run app.py as the command line does, with everything on, and with neither commands nor network in reach."""
    environment = {
        "HOME": os.environ["HOME"],
        "JSII_NODE": os.environ["JSII_NODE"],
        "PATH": "/nonexistent",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "PYTHONHASHSEED": "1",
        "CDK_OUTDIR": str(folder),
        "CDK_CONTEXT_JSON": json.dumps(FLAGS | {"aws:cdk:version-reporting": False} | {**context}),
    }
    return subprocess.run(
        [sys.executable, str(root / "app.py")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def template_of(stack: Stack) -> Template:
    """The template of a stack that a test has made in an app of its own."""
    app = stack.node.root
    assert isinstance(app, App)
    return Synthesized(Path(app.synth().directory)).template(stack.artifact_id)


def refers_to(value: object) -> set[str]:
    """Logical ids that a value of a template refers to."""
    text = json.dumps(value)
    references = re.findall(r'"Ref": "([^"]+)"|"Fn::GetAtt": \["([^"]+)"', text)
    return {name for pair in references for name in pair if name}


def weakly_read(value: object) -> set[tuple[str, str]]:
    """The outputs of other stacks that a value of a template reads without an import: stack name and key."""
    pattern = r'"Fn::GetStackOutput": {"StackName": "([^"]+)", "Region": "[^"]+", "OutputName": "([^"]+)"}'
    return {*re.findall(pattern, json.dumps(value))}


def text(value: object) -> str:
    """A value of a template, with logical ids and names of exports in the place of what only a deploy knows."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(text, parts))  # pyright: ignore[reportUnknownArgumentType]
        case {"Fn::GetAtt": [name, "Arn"]} | {"Ref": name}:
            return f"<{name}>"
        case {"Fn::ImportValue": name}:
            return f"<{name}>"
        case {"Fn::GetStackOutput": {"StackName": stack, "OutputName": output}}:
            return f"<{stack}:{output}>"
        case _:
            raise AssertionError(value)
