"""The answer of a custom resource to CloudFormation.

What to answer and where: CloudFormation user guide, "Custom resource request objects" and "Custom resource response
objects".
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Literal
from urllib.request import Request, urlopen

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

# An answer may have 4,096 bytes; six of them are the most that one character of the reason can become.
MAX_REASON = 500
# Time to tell CloudFormation how it went, before Lambda ends the invocation.
ANSWER_MS = 5000


def reason_of(error: Exception) -> str:
    """An error in one line, as long as an answer has room for."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON]


def answer(
    event: Mapping[str, Any], *, status: Literal["SUCCESS", "FAILED"], reason: str = "", physical_id: str
) -> None:
    """Put the answer where CloudFormation looks for it; without one it would wait for an hour.

    Another `physical_id` than before is a replacement to CloudFormation, which then deletes the old one. Where the
    answer cannot be put, Lambda invokes the function again, as it does for all asynchronous calls: what a custom
    resource does must bear to be done twice.
    """
    body = {
        "Status": status,
        "Reason": reason[:MAX_REASON],
        "PhysicalResourceId": physical_id,
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The address is signed for a request without a content type, and urllib would send one of its own.
    request = Request(  # noqa: S310 -- the address is CloudFormation's own
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"content-type": ""}
    )
    with urlopen(request, timeout=ANSWER_MS / 1000):  # noqa: S310
        logger.info("answered", extra={"event": "answered", "status": status, "reason": reason})
