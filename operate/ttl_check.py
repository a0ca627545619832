"""`make ttl-check`: whether the policies of the working tree would do worse on a log sample than those agreed on.

The policies are those of the synthesized template, the sample is docs/ttl-check/sample.parquet, which
operate/ttl_sample.py makes, and docs/ttl-check/figures.json is what has been agreed on. It ends with 1, and says why,
where the predicted hit ratio is more than MOST_LOST percentage points lower (0.5), or answers are more than MOST_STALER
percent longer out of date (10).
ACCEPT=yes writes the figures anew, to be reviewed and committed with the change.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import msgspec
from aws_cdk import App

from app import build
from operate.command import InputError, StageError, run, say
from operate.ttl_figures import STAGE, Figures, Prediction, line, predict, problems
from operate.ttl_sample import FILE
from stacks.config import STAGES
from ttl_review.deployed import UnknownPolicyError, read
from ttl_review.model import Policy

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

FIGURES = FILE.with_name("figures.json")
MOST_LOST, MOST_STALER = 0.5, 10.0
"""Percentage points, percent."""
_FLAGS = json.loads((FILE.parents[2] / "cdk.json").read_text(encoding="utf-8"))["context"]
_QUICK: dict[str, object] = {"aws:cdk:bundling-stacks": [], "aws:cdk:disable-asset-staging": True}


def main() -> int:
    """Compare, and tell by the exit code how it went."""
    bounds = {name: _bound(name, usual) for name, usual in (("MOST_LOST", MOST_LOST), ("MOST_STALER", MOST_STALER))}
    now = predict(policies_of(template()), FILE)
    if os.environ.get("ACCEPT"):
        FIGURES.write_text(msgspec.json.format(msgspec.json.encode(now), indent=2).decode() + "\n", encoding="utf-8")
        say("written", f"{FIGURES}; commit it with the change that it goes with")
        return 0
    agreed = agreed_on()
    for pattern, figures in now.items():
        say(pattern, line(figures, agreed.get(pattern)))
    worse = list(problems(now, agreed, most_lost=bounds["MOST_LOST"], most_staler=bounds["MOST_STALER"]))
    for problem in worse:
        say("worse", problem)
    if worse:
        say("way out", "undo the change of stacks/ttl.py, or agree on it: make ttl-check ACCEPT=yes")
    return 1 if worse else 0


def template() -> Mapping[str, Any]:
    """Synthesize the working tree and return the template of its edge."""
    with tempfile.TemporaryDirectory(prefix="ttl-check-") as folder:
        app = App(
            context=_FLAGS | _QUICK, outdir=folder, builtin_cloud_formation_validation=False, analytics_reporting=False
        )
        edge = build(app, STAGES[STAGE]).edge
        return app.synth().get_stack_artifact(edge.artifact_id).template


def policies_of(document: Mapping[str, Any]) -> tuple[Policy, ...]:
    """Return the policies of a template's distribution, in the order in which CloudFront tries them."""
    try:
        return read(cast("CloudFrontClient", _Synthesized(document)), "", stage=STAGE).policies
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


def agreed_on() -> Prediction:
    """Read what has been agreed on."""
    try:
        return msgspec.json.decode(FIGURES.read_bytes(), type=dict[str, Figures])
    except (FileNotFoundError, msgspec.MsgspecError) as error:
        raise InputError(f"'{FIGURES}' cannot be read ({error}); make it anew: make ttl-check ACCEPT=yes") from error


def _bound(name: str, usual: float) -> float:
    typed = os.environ.get(name, "")
    try:
        bound = float(typed or usual)
    except ValueError:
        bound = -1.0
    if not 0 <= bound <= 1000:  # noqa: PLR2004
        raise InputError(f"{name} '{typed}' is not a number from 0 to 1000")
    return bound


if __name__ == "__main__":
    run("ttl-check", main)
