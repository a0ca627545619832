"""Fixtures of the consumer's tests."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.cloud import Cloud
from tests.mail_world import World


@pytest.fixture
def world(cloud: Cloud) -> Iterator[World]:
    """The surroundings of one consumer; SES is set back to its usual settings afterwards."""
    cloud.ses.forget_mails()
    yield World(cloud)
    cloud.ses.reset()


@pytest.fixture(scope="module")
def cloud_world(cloud: Cloud) -> World:
    """Surroundings that many examples of one property share."""
    return World(cloud)


@pytest.fixture
def at_once() -> Iterator[Callable[..., list[Any]]]:
    """Call a function with each of some arguments, all at the same time."""
    with ThreadPoolExecutor(20) as pool:
        yield lambda function, arguments: list(pool.map(function, arguments))
