"""One-time sign-in links: a token that only the mail holds, and its hash in Redis until it is used or expires."""

import hashlib
import secrets

import msgspec
import redis

from blog.authors import Author
from blog.outages import sessions_outage


class Links:
    """Makes and takes sign-in links."""

    def __init__(self, client: redis.Redis, *, minutes: int) -> None:
        self._client = client
        self.minutes = minutes

    def make(self, author: Author, *, site_url: str) -> str:
        """Return a link that signs the author in, once. Raises SessionsUnavailableError."""
        token = secrets.token_urlsafe(32)
        with sessions_outage():
            self._client.set(_key(token), msgspec.json.encode(author), ex=self.minutes * 60)
        return f"{site_url.rstrip('/')}/sign-in/link?token={token}"

    def take(self, token: str) -> Author | None:
        """Return whose link this is and make it void, in one step. Raises SessionsUnavailableError."""
        with sessions_outage():
            stored = self._client.getdel(_key(token))
        return None if stored is None else msgspec.json.decode(stored, type=Author)


def _key(token: str) -> str:
    return "link:" + hashlib.sha256(token.encode()).hexdigest()
