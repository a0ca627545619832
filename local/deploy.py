"""Deploying the app to an embedded cloud with the pinned CDK command line."""

from collections.abc import Callable

from local.cloud import Cloud


class DeployError(Exception):
    """A deploy failed; its text is one line with the resource and the reason."""


def deploy(cloud: Cloud, *, report: Callable[[str], object] = print) -> None:
    """Bootstrap once, then deploy every stack of the local stage, reporting each with its time."""
    raise NotImplementedError
