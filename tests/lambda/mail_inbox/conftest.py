"""Fixtures of the inbox's tests."""

import pytest

from local.cloud import Cloud
from tests.inbox_world import InboxWorld


@pytest.fixture
def world(cloud: Cloud) -> InboxWorld:
    """The surroundings of one inbox."""
    return InboxWorld(cloud)


@pytest.fixture(scope="module")
def shared_world(cloud: Cloud) -> InboxWorld:
    """Surroundings that many examples of one property share."""
    return InboxWorld(cloud)
