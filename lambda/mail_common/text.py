"""Text of strangers, as records and message attributes can hold it."""

import re

# What neither a record nor a message attribute can hold (Amazon SQS API reference, "SendMessage").
UNSTORABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_DETAIL = 1000


def plain(detail: str) -> str:
    """The detail of an error as records and message attributes can hold it: at most 1,000 storable characters."""
    return UNSTORABLE.sub("?", detail[:MAX_DETAIL])
