"""Lambda's way into the blog: requests from the load balancer, and invitations from an operator."""

import logging
from collections.abc import Mapping
from typing import Any

from apig_wsgi import make_lambda_handler

from blog import correlation
from blog.app import create_app
from blog.invitations import Invitations
from blog.parts import Parts

logging.getLogger("blog").setLevel(logging.INFO)
for handler in logging.getLogger().handlers:
    handler.addFilter(correlation.mark)

parts = Parts.from_environment()
invitations = Invitations(authors=parts.authors, links=parts.links, mailer=parts.mailer)
answer = make_lambda_handler(create_app(parts))


def handle(event: dict[str, Any], context: object) -> Mapping[str, object]:
    """Answer one request."""
    if "invite" in event:
        return invitations.answer(event["invite"])
    return answer(_with_one_cookie_header(event), context)


def _with_one_cookie_header(event: dict[str, Any]) -> dict[str, Any]:
    """Join cookies that came apart, as HTTP/2 allows, by a semicolon: apig-wsgi joins all headers by commas."""
    values: dict[str, list[str]] = event.get("multiValueHeaders") or {}
    cookies = {name: ["; ".join(value)] for name, value in values.items() if name.lower() == "cookie"}
    return {**event, "multiValueHeaders": {**values, **cookies}} if cookies else event
