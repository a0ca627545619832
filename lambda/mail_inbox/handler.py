"""Lambda's way into the inbox: partial batch responses, so that only what has not ended comes back."""

import logging
import time
from typing import Any, Protocol

from mail_common.clients import Clients
from mail_inbox.inbox import Inbox, Invocation
from mail_inbox.settings import Settings

logging.getLogger("mail_inbox").setLevel(logging.INFO)

inbox = Inbox(settings=Settings.from_environment(), clients=Clients())


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


def handle(event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Take one batch of an SQS event source mapping."""
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000
    back = inbox.take(event["Records"], invocation=Invocation(owner=context.aws_request_id, deadline=deadline))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in back]}
