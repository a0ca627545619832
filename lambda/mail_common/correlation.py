"""The id by which a mail is found from the edge to SES's events: what came with its request, else the request's own id.

It has only what a message tag of SES may hold, so that records, log lines and events all say the same.
"""

import re
from collections.abc import Mapping
from typing import Any

# The message attribute that it comes with, and the message tag that it goes to SES with.
ATTRIBUTE, TAG = "CorrelationId", "correlation_id"
# Amazon SES API v2 reference, MessageTag: letters, digits, '_' and '-', at most 256 characters.
REFUSED = re.compile("[^A-Za-z0-9_-]")
MAX_LENGTH = 256


def plain_id(text: str) -> str:
    """Return an id without what SES refuses, as the `=` at the end of CloudFront's."""
    return REFUSED.sub("", text)[:MAX_LENGTH]


def correlation_id(attributes: Mapping[str, Mapping[str, Any]], *, message_id: str) -> str:
    """The correlation id of a message by the attributes of Lambda's event.

    Anybody may send the attribute, and no mail is lost over it: of one that is no text, or has nothing that SES takes,
    nothing is left, and the message id stands.
    """
    return plain_id(attributes.get(ATTRIBUTE, {}).get("stringValue") or "") or message_id
