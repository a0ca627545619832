"""Fixtures of the tests of what the mail functions share."""

import pytest

from local.cloud import Cloud
from tests.mail_feedback_world import FeedbackWorld


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> FeedbackWorld:
    """Tables and keys that a file's tests share; each uses addresses of its own."""
    return FeedbackWorld(cloud)
