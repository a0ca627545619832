"""Sign-in sessions: they live in Redis and nowhere else."""

import hashlib
import logging
import secrets
import time
from collections.abc import Callable

import msgspec
import redis
from msgspec import Struct

from blog.authors import Author
from blog.outages import sessions_outage

logger = logging.getLogger(__name__)

COOKIE = "__Host-session"
"""The prefix makes browsers insist on Secure and Path=/ and refuse the cookie from a domain above or beside ours."""


class Session(Struct, frozen=True, kw_only=True):
    """Who is signed in, and until when at the longest."""

    author: Author
    ends_at: float
    """Seconds since 1970."""


class Sessions:
    """Sessions by their secret ids, which only browsers hold: Redis knows nothing but hashes of them."""

    def __init__(
        self, client: redis.Redis, *, idle_seconds: int, longest_seconds: int, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._idle_seconds = idle_seconds
        self._longest_seconds = longest_seconds
        self._now = now

    def start(self, author: Author, *, instead_of: str) -> str:
        """Start a session and return its id, which is always a new one; the browser's session before ends.

        Raises SessionsUnavailableError, as the others here do.
        """
        session_id = secrets.token_urlsafe(32)
        session = Session(author=author, ends_at=self._now() + self._longest_seconds)
        with sessions_outage():
            self._client.delete(_key(instead_of))
            self._client.set(_key(session_id), msgspec.json.encode(session), ex=self._idle_seconds)
        return session_id

    def find(self, session_id: str) -> Session | None:
        """Return the session with this id; being asked for keeps it from expiring, but not beyond its end."""
        if not session_id:
            return None
        with sessions_outage():
            stored = self._client.getex(_key(session_id), ex=self._idle_seconds)
        try:
            session = msgspec.json.decode(stored or b"null", type=Session | None)
        except msgspec.DecodeError:
            logger.warning("unreadable session", extra={"event": "fault"})
            return None
        return session if session and self._now() < session.ends_at else None

    def end(self, session_id: str) -> None:
        """End the session with this id, for every browser that may hold it."""
        with sessions_outage():
            self._client.delete(_key(session_id))


def _key(session_id: str) -> str:
    return "session:" + hashlib.sha256(session_id.encode()).hexdigest()
