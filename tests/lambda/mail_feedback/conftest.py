"""Fixtures of the tests of feedback."""

from collections.abc import Callable
from typing import Any

import pytest

from local.cloud import Cloud
from mail_feedback.feedback import Feedback
from mail_feedback.settings import Settings
from tests.mail_feedback_world import FeedbackWorld


@pytest.fixture
def world(cloud: Cloud) -> FeedbackWorld:
    """Tables and a dead-letter queue of one test's own."""
    return FeedbackWorld(cloud)


@pytest.fixture(scope="module")
def shared_world(cloud: Cloud) -> FeedbackWorld:
    """Tables that many examples of one property share."""
    return FeedbackWorld(cloud)


@pytest.fixture(scope="session")
def feedback_of() -> Callable[..., Feedback]:
    """Make the function's instance for a world, as a cold start does."""

    def made(world: FeedbackWorld, **clients: Any) -> Feedback:
        settings = Settings(
            deliveries_table=world.deliveries,
            suppressions_table=world.suppressed,
            dead_letter_url=world.dead_letter_url,
            record_days=30,
            transient_bounces=3,
            transient_days=7,
        )
        own: Any = type("Clients", (), {"dynamodb": world.dynamodb, "sqs": world.sqs, **clients})
        return Feedback(settings=settings, clients=own, now=world.now)

    return made


@pytest.fixture
def feedback(world: FeedbackWorld, feedback_of: Callable[..., Feedback]) -> Feedback:
    """The function's instance for this test's world."""
    return feedback_of(world)
