"""Fixtures of the tests of the unsubscribe page."""

import pytest

from local.cloud import Cloud
from tests.mail_feedback_world import FeedbackWorld


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> FeedbackWorld:
    """Tables and keys that a file's tests share; each uses addresses of its own."""
    return FeedbackWorld(cloud)
