"""Waiting for what takes a moment, in what `make up` shows."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from local.cloud import Cloud

T = TypeVar("T")
SECONDS = 60
"""How long anything may take; a second is usual."""


class LateError(Exception):
    """Something has not come about in time."""


def awaited(look: Callable[[], T | None], *, what: str) -> T:
    """Look until there is something and return it; `what` says what is not so if there never is."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise LateError(f"{what} after {SECONDS} s")


def mail(cloud: Cloud, containing: str, *, after: int) -> dict[str, Any]:
    """Wait for a mail, not one of the first so many, with a text in its recipients, its subject or its own text."""

    def look() -> dict[str, Any] | None:
        found = cloud.ses.mails()[after:]
        return next((one for one in found if containing in f"{one['to']} {one['subject']} {one['text']}"), None)

    return awaited(look, what=f"no mail with {containing}")
