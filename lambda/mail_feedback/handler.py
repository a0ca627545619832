"""Lambda's way into feedback: partial batch responses, so that only what could not be worked comes back."""

import logging
from typing import Any

from mail_common.clients import Clients
from mail_feedback.feedback import Feedback
from mail_feedback.settings import Settings

logging.getLogger("mail_feedback").setLevel(logging.INFO)

feedback = Feedback(settings=Settings.from_environment(), clients=Clients())


def handle(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Work one batch of an SQS event source mapping."""
    back = feedback.work(event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in back]}
