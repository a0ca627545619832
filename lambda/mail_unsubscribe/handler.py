"""Lambda's way into the unsubscribe page: requests from the load balancer.

Event and response: Elastic Load Balancing, "Use Lambda functions as targets of an Application Load Balancer"; the
target group has multi-value headers enabled.
"""

import logging
from http import HTTPStatus
from typing import Any

from mail_common.clients import PROMPT, Clients
from mail_unsubscribe.pages import HEADERS
from mail_unsubscribe.settings import Settings
from mail_unsubscribe.unsubscribing import Unsubscribing

logging.getLogger("mail_unsubscribe").setLevel(logging.INFO)

unsubscribing = Unsubscribing(settings=Settings.from_environment(), clients=Clients(retry=PROMPT))


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request."""
    method: str = event["httpMethod"]
    answer = unsubscribing.answer(method, event.get("multiValueQueryStringParameters") or {})
    return {
        "statusCode": answer.status,
        "statusDescription": f"{answer.status} {HTTPStatus(answer.status).phrase}",
        "multiValueHeaders": {name: [value] for name, value in (HEADERS | answer.headers).items()},
        "body": "" if method == "HEAD" else answer.page,
        "isBase64Encoded": False,
    }
