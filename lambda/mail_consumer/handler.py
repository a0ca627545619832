"""Lambda's way into the consumer: partial batch responses, so that only what has not ended comes back."""

import logging
import time
from typing import Any, Protocol

from mail_common.clients import Clients
from mail_consumer.consumer import Consumer, Invocation
from mail_consumer.settings import Settings

logging.getLogger("mail_consumer").setLevel(logging.INFO)

consumer = Consumer(settings=Settings.from_environment(), clients=Clients())


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str
    invoked_function_arn: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


def handle(event: dict[str, Any], context: Context) -> dict[str, list[dict[str, str]]]:
    """Consume one batch of an SQS event source mapping."""
    invocation = Invocation(
        owner=context.aws_request_id,
        function=context.invoked_function_arn,
        deadline=time.time() + context.get_remaining_time_in_millis() / 1000,
    )
    back = consumer.consume(event["Records"], invocation=invocation)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in back]}
