"""A blog with everything around it stood in for, and a browser to use it."""

import re
from typing import Any, cast

from werkzeug.test import TestResponse

from blog.app import create_app
from blog.links import Links
from blog.mailer import Mailer
from blog.parts import Parts
from blog.sessions import Sessions
from blog.settings import Settings
from blog.tries import Tries
from tests.blog_stand_ins import AuthorsStandIn, QueueStandIn, RedisStandIn, Tables

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


class BlogWorld:
    """An application with everything around it."""

    def __init__(self, **environment: str) -> None:
        self.redis = RedisStandIn()
        self.tables = Tables()
        self.tables.invite(AUTHOR)
        self.queue = QueueStandIn()
        settings = Settings.from_environment(ENVIRONMENT | environment)
        client = cast("Any", self.redis)
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
