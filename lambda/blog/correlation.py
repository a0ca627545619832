"""The id by which a request is found: at the edge, in every log line, and on the way of the mail that it becomes."""

import re
from logging import LogRecord

from flask import has_request_context, request

# What CloudFront and the load balancer make, and what a message attribute can hold.
KNOWN = re.compile("[A-Za-z0-9_-]{1,256}")
ROOT = re.compile(r"(?:^|;)\s*Root=([^;]+)")


def correlation_id() -> str:
    """CloudFront's id of the request in hand, past the edge the load balancer's; empty if there is none.

    CloudFront tells it the viewer and the origin as X-Amz-Cf-Id ("Request and response behavior for custom origins"),
    here without the `=` at its end, which no message tag of SES may hold. A load balancer sets X-Amzn-Trace-Id
    ("Request tracing for your Application Load Balancer").
    """
    if not has_request_context():
        return ""
    root = ROOT.search(request.headers.get("X-Amzn-Trace-Id", ""))
    told = (request.headers.get("X-Amz-Cf-Id", "").rstrip("="), root[1].strip() if root else "")
    return next(filter(KNOWN.fullmatch, told), "")


def mark(record: LogRecord) -> bool:
    """Put the id on a log line; a filter that lets every line pass."""
    if found := correlation_id():
        record.correlation_id = found
    return True
