"""What the blog needs and may be away for a while, and the log events that say so."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import redis

logger = logging.getLogger(__name__)


class SessionsUnavailableError(Exception):
    """The Redis that holds sessions, sign-in links and counters is down or slow."""


class MailUnavailableError(Exception):
    """The queue does not take mail requests."""


@contextmanager
def sessions_outage() -> Generator[None]:
    """Turn what goes wrong with the sessions' Redis into SessionsUnavailableError."""
    try:
        yield
    except (redis.RedisError, OSError) as error:
        logger.warning("sessions unavailable: %s", error, extra={"event": "sessions_unavailable"})
        raise SessionsUnavailableError(str(error)) from error
