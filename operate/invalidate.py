"""`make invalidate URL='/posts/*'`: take paths off every edge location, and wait until they are.

What Redis keeps behind the edge stays; a post that is edited on the site is forgotten there at once.
"""

import os
import time
import uuid
from typing import TYPE_CHECKING

from operate import site, stage
from operate.command import InputError, StageError, run, say
from stacks.config_edge import EDGE_REGION

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

# "Quotas" and "What you need to know when invalidating files" (Amazon CloudFront developer guide).
MOST_PATHS, MOST_WILDCARDS, LONGEST_PATH = 3000, 15, 4000
LONGEST_WAIT = 900
"""Seconds that an invalidation may take; one or two minutes are usual."""
POLL = 2.0


def main() -> int:
    """Invalidate the paths that URL names."""
    name = stage.chosen()
    typed = os.environ.get("URL", "")
    if not typed.strip():
        raise InputError("URL is empty; name the paths, as in: make invalidate URL='/posts/* /'")
    paths = checked(site.find(name).paths(typed))
    connect = stage.connect(name, region=EDGE_REGION)
    distribution = stage.outputs(name, "edge", connect)["DistributionId"]
    invalidate(connect("cloudfront"), distribution, paths)
    if name == "local":
        stage.running_cloud().edge.look_again()
    return 0


def checked(paths: list[str]) -> list[str]:
    """Refuse what CloudFront refuses, or takes for something else than it looks like."""
    for path in paths:
        if "*" in path[:-1]:
            raise InputError(f"URL '{path}' has a * before its end, where CloudFront takes it for a letter")
        if len(path) > LONGEST_PATH:
            raise InputError(f"a path of {len(path)} characters is longer than {LONGEST_PATH}")
    wildcards = sum(path.endswith("*") for path in paths)
    if len(paths) > MOST_PATHS or wildcards > MOST_WILDCARDS:
        raise InputError(
            f"{len(paths)} paths, {wildcards} of them with *; CloudFront takes {MOST_PATHS}, {MOST_WILDCARDS} with *"
        )
    return paths


def invalidate(cloudfront: "CloudFrontClient", distribution: str, paths: list[str]) -> None:
    """Take paths off the edge and return once they are."""
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": uuid.uuid4().hex}
    made = cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)["Invalidation"]  # pyright: ignore[reportArgumentType]
    began = time.monotonic()
    for path in paths:
        say("asked", path)
    while made["Status"] != "Completed":
        if time.monotonic() - began > LONGEST_WAIT:
            raise StageError(f"invalidation {made['Id']} is {made['Status']} after {LONGEST_WAIT} s; it goes on")
        time.sleep(POLL)
        made = cloudfront.get_invalidation(DistributionId=distribution, Id=made["Id"])["Invalidation"]
    say("gone", f"from every edge location, {time.monotonic() - began:.0f} s after it was asked; {made['Id']}")


if __name__ == "__main__":
    run("invalidate", main)
