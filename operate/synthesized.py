"""The edge of the working tree, as it would be deployed: read from the synthesized template."""

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from operate.command import StageError
from operate.stage import ROOT
from stacks.config import STAGES
from ttl_review.deployed import Deployed, UnknownPolicyError, read

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

STAGE = "prod"
"""The stages have the same policies."""
_QUICK: dict[str, object] = {"aws:cdk:bundling-stacks": [], "aws:cdk:disable-asset-staging": True}


def deployed() -> Deployed:
    """Return the distribution of the working tree."""
    return deployed_by(template())


@cache
def template() -> Mapping[str, Any]:
    """Synthesize the working tree and return the template of its edge."""
    # A review of what is deployed needs none of it, and it takes seconds and memory.
    from aws_cdk import App  # noqa: PLC0415

    from app import build  # noqa: PLC0415

    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    with tempfile.TemporaryDirectory(prefix="edge-template-") as folder:
        app = App(
            context=flags | _QUICK, outdir=folder, builtin_cloud_formation_validation=False, analytics_reporting=False
        )
        edge = build(app, STAGES[STAGE]).edge
        return app.synth().get_stack_artifact(edge.artifact_id).template


def deployed_by(document: Mapping[str, Any]) -> Deployed:
    """Return the distribution of a template."""
    try:
        return read(cast("CloudFrontClient", _Synthesized(document)), "", stage=STAGE)
    except UnknownPolicyError as error:
        raise StageError(error) from error


class _Synthesized:
    """A template, read as CloudFront's API would tell it once it is deployed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Any] = document["Resources"]

    def get_distribution_config(self, *, Id: str) -> Any:  # noqa: N803, ARG002, ANN401 (as the API has it)
        kind = "AWS::CloudFront::Distribution"
        (found,) = (each for each in self._resources.values() if each["Type"] == kind)
        return _told(found["Properties"])

    def get_cache_policy(self, *, Id: str) -> Any:  # noqa: N803, ANN401
        return {"CachePolicy": _told(self._resources[Id]["Properties"])}

    def get_origin_request_policy(self, *, Id: str) -> Any:  # noqa: N803, ANN401
        return {"OriginRequestPolicy": _told(self._resources[Id]["Properties"])}


def _told(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Lists have their items under a name in the API, and references have become ids."""
    if isinstance(value, list):
        return {"Items": [_told(each) for each in cast("list[Any]", value)]}
    if not isinstance(value, dict):
        return value
    given = cast("dict[str, Any]", value)
    return given["Ref"] if given.keys() == {"Ref"} else {name: _told(each) for name, each in given.items()}
