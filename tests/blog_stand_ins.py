"""What stands in for Redis, the queue and the tables in tests of the blog."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import redis
from botocore.exceptions import EndpointConnectionError

from blog.authors import Author
from blog.images import Image
from blog.posts import Draft, Listing, Post
from blog.slugs import slug_of
from blog.tries import COUNT
from data_access.postgres_server import DatabaseUnavailable

DAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@dataclass
class RedisStandIn:
    """The few commands that sessions, links and counters send; the clock is the world's."""

    time: float = 1_000_000.0
    broken: bool = False
    stored: dict[str, tuple[bytes, float]] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        if self.broken:
            raise redis.TimeoutError("slow")
        value, expires = self.stored.get(key, (b"", 0.0))
        return value if expires > self.time else None

    def set(self, key: str, value: bytes, *, ex: float) -> None:
        self.get(key)
        self.stored[key] = value, self.time + ex

    def getex(self, key: str, *, ex: float) -> bytes | None:
        value = self.get(key)
        if value is not None:
            self.set(key, value, ex=ex)
        return value

    def getdel(self, key: str) -> bytes | None:
        value = self.get(key)
        self.stored.pop(key, None)
        return value

    def delete(self, key: str) -> None:
        self.getdel(key)

    def eval(self, script: str, _: int, key: str, seconds: float) -> int:
        assert script == COUNT
        count = int(self.get(key) or 0) + 1
        self.set(key, str(count).encode(), ex=seconds)
        return count

    def keys(self, kind: str) -> list[str]:
        return [key for key in self.stored if key.startswith(f"{kind}:")]


@dataclass
class CacheStandIn:
    """A cache in memory; nothing expires."""

    stored: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        return self.stored.get(key)

    def add(self, key: str, value: bytes, *, seconds: float) -> bool:  # noqa: ARG002
        return self.stored.setdefault(key, value) is value

    def swap(self, key: str, old: bytes, new: bytes, *, seconds: float) -> bool:  # noqa: ARG002
        found = self.stored.get(key) == old
        if found:
            self.stored[key] = new
        return found

    def delete(self, *keys: str) -> None:
        for key in keys:
            self.stored.pop(key, None)


@dataclass
class Tables:
    """Posts, pictures and authors without a database."""

    away: bool = False
    rows: dict[str, Post] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    authors: dict[str, Author] = field(default_factory=dict)

    def _reach(self) -> None:
        if self.away:
            raise DatabaseUnavailable("resuming")

    def listing(self, page: int) -> Listing | None:
        self._reach()
        pages = max(1, -(-len(self.rows) // 10))
        posts: Any = list(self.rows.values())[::-1][(page - 1) * 10 : page * 10]
        return Listing(posts=posts, page=page, pages=pages) if page <= pages else None

    def post(self, slug: str) -> Post | None:
        self._reach()
        return self.rows.get(slug)

    latest = post

    def image(self, image_id: str) -> Image | None:
        self._reach()
        return self.images.get(image_id)

    def add(self, draft: Draft, *, author_id: int) -> str:
        self._reach()
        byline = next(author.email for author in self.authors.values() if author.id == author_id).partition("@")[0]
        return self.store(slug_of(draft.title), draft, byline=byline)

    def change(self, slug: str, draft: Draft) -> bool:
        if slug not in self.rows:
            return False
        self.store(slug, draft, byline=self.rows[slug].byline)
        return True

    def delete(self, slug: str) -> bool:
        return self.rows.pop(slug, None) is not None

    def store(self, slug: str, draft: Draft, *, byline: str = "taro") -> str:
        image_id = None
        if draft.image:
            image_id = draft.image.id
            self.images[image_id] = draft.image
        self.rows[slug] = Post(
            slug=slug,
            title=draft.title,
            summary=draft.summary,
            body=draft.body,
            byline=byline,
            image_id=image_id,
            published_at=DAY,
            updated_at=DAY,
        )
        return slug

    def find(self, email: str) -> Author | None:
        self._reach()
        return self.authors.get(email)

    def invite(self, email: str) -> Author:
        self._reach()
        email = email.lower()
        return self.authors.setdefault(email, Author(id=len(self.authors) + 1, email=email))


class AuthorsStandIn:
    """The authors among the tables."""

    def __init__(self, tables: Tables) -> None:
        self.find = tables.find
        self.add = tables.invite


@dataclass
class QueueStandIn:
    """Keeps the mail requests."""

    away: bool = False
    bodies: list[str] = field(default_factory=list)
    attributes: list[dict[str, Any]] = field(default_factory=list)

    def send_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - as SQS has it
        MessageBody: str,  # noqa: N803
        MessageAttributes: dict[str, Any],  # noqa: N803
    ) -> dict[str, str]:
        if self.away:
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        self.bodies.append(MessageBody)
        self.attributes.append(MessageAttributes)
        return {"MessageId": f"message-{len(self.bodies)}"}
