"""The surroundings of the blog in tests: stand-ins for Redis, the queue and the tables, and a browser."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import redis
from botocore.exceptions import EndpointConnectionError
from werkzeug.test import TestResponse

from blog.app import create_app
from blog.authors import Author
from blog.images import Image
from blog.links import Links
from blog.mailer import Mailer
from blog.parts import Parts
from blog.posts import Draft, Listing, Post
from blog.sessions import Sessions
from blog.settings import Settings
from blog.slugs import slug_of
from blog.tries import COUNT, Tries
from data_access.postgres_server import DatabaseUnavailable

ENVIRONMENT = {
    "CACHE_ENGINE": "redis",
    "CACHE_HOST": "cache.test",
    "CACHE_PORT": "6379",
    "CACHE_NAME": "cache",
    "CACHE_USER": "blog",
    "SESSIONS_HOST": "sessions.test",
    "SESSIONS_PORT": "6379",
    "SESSIONS_NAME": "sessions",
    "SESSIONS_USER": "blog",
    "DATABASE_HOST": "database.test",
    "DATABASE_PORT": "5432",
    "DATABASE_NAME": "blog",
    "DATABASE_USER": "blog",
    "CA_FILE": "",
    "CACHE_TIMEOUT_MS": "100",
    "CACHE_CONNECT_TIMEOUT_MS": "500",
    "DATABASE_PATIENCE_SECONDS": "1",
    "FRESH_SECONDS": "60",
    "STALE_SECONDS": "3600",
    "MISSING_SECONDS": "10",
    "SESSION_IDLE_MINUTES": "30",
    "SESSION_HOURS": "12",
    "LINK_MINUTES": "30",
    "MAIL_QUEUE_URL": "https://queue.test/mail",
    "MAIL_DOMAIN": "example.com",
    "CONTACT_EMAIL": "owner@example.com",
    "SITE_URL": "https://blog.example.com",
    "SITE_TITLE": "Edgepost",
}
AUTHOR = "taro@example.com"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
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

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, str]:  # noqa: N803 - as SQS has it
        if self.away:
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        self.bodies.append(MessageBody)
        return {"MessageId": f"message-{len(self.bodies)}"}


class BlogWorld:
    """An application with everything around it."""

    def __init__(self, **environment: str) -> None:
        self.redis = RedisStandIn()
        self.tables = Tables()
        self.tables.invite(AUTHOR)
        self.queue = QueueStandIn()
        settings = Settings.from_environment(ENVIRONMENT | environment)
        client = cast("redis.Redis", self.redis)
        self.parts = Parts(
            settings=settings,
            posts=cast("Any", self.tables),
            authors=cast("Any", AuthorsStandIn(self.tables)),
            sessions=Sessions(client, idle_seconds=1800, longest_seconds=12 * 3600, now=lambda: self.redis.time),
            links=Links(client, minutes=30),
            tries=Tries(client, now=lambda: self.redis.time),
            mailer=Mailer(
                make_client=lambda: cast("Any", self.queue),
                queue_url=settings.mail_queue_url,
                domain=settings.mail_domain,
                contact=settings.contact_email,
                site_title=settings.site_title,
            ),
        )
        self.app = create_app(self.parts)

    def browser(self) -> "Browser":
        return Browser(self)


class Browser:
    """Someone at a browser, who fills in forms as the pages give them."""

    def __init__(self, world: BlogWorld) -> None:
        self.world = world
        self.client = world.app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url="https://localhost", **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Post a form with the token that the site's pages would have given it."""
        if self.cookie("__Host-csrf") is None:
            self.get("/sign-in/link")
        fields = {"csrf_token": self.cookie("__Host-csrf"), **(data or {})}
        return self.client.post(path, base_url="https://localhost", data=fields, **options)

    def cookie(self, name: str) -> str | None:
        cookie = self.client.get_cookie(name)
        return cookie.value if cookie else None

    def sign_in(self, email: str = AUTHOR) -> TestResponse:
        link = self.world.parts.links.make(self.world.tables.invite(email), site_url="")
        return self.post("/sign-in/link", {"token": token_of(link)})


def token_of(text: str) -> str:
    """The token of the sign-in link in a text."""
    found = re.search(r"/sign-in/link\?token=([\w-]+)", text)
    assert found
    return found[1]
