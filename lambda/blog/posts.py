"""Posts, lists of them and their pictures: read through the cache, written to the database."""

import itertools
import math
from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString, TypeVar

import psycopg
from msgspec import Struct
from psycopg.rows import kwargs_row

from blog.cache_aside import CacheAside, Freshness
from blog.database import Database
from blog.images import Image
from blog.slugs import slug_of

Row = TypeVar("Row", bound=Struct)

PAGE_SIZE = 10
# A byline without the address itself: taro+blog@example.com signs as taro.
SUMMARY: LiteralString = "slug, title, summary, published_at, split_part(split_part(email, '@', 1), '+', 1) AS byline"
FROM: LiteralString = "FROM posts JOIN authors ON authors.id = author_id"


class Summary(Struct, frozen=True, kw_only=True):
    """A post as lists show it."""

    slug: str
    title: str
    summary: str
    byline: str
    published_at: datetime


class Post(Summary, frozen=True, kw_only=True):
    """A whole post."""

    body: str
    """Markdown."""
    image_id: str | None
    updated_at: datetime


class Listing(Struct, frozen=True, kw_only=True):
    """A page of the list of posts, newest first."""

    posts: list[Summary]
    page: int
    pages: int


class Draft(Struct, frozen=True, kw_only=True):
    """A post as its author hands it in."""

    title: str
    summary: str
    body: str
    image: Image | None = None
    remove_image: bool = False
    """Take the picture away that is there; a new one replaces it anyway."""


class Posts:
    """The posts of the blog. What reaches the database raises DatabaseUnavailable while that is away."""

    def __init__(self, *, database: Database, cache: CacheAside, freshness: Freshness) -> None:
        self._database = database
        self.cache = cache
        self._freshness = freshness

    def listing(self, page: int) -> Listing | None:
        """Return a page of the list; None beyond its end."""
        key = f"posts:{page}"
        return self.cache.read(key, Listing, lambda: self._load_listing(page), freshness=self._freshness)

    def post(self, slug: str) -> Post | None:
        """Return a post."""
        return self.cache.read(f"post:{slug}", Post, lambda: self.latest(slug), freshness=self._freshness)

    def image(self, image_id: str) -> Image | None:
        """Return a picture."""
        key = f"image:{image_id}"
        return self.cache.read(key, Image, lambda: self._load_image(image_id), freshness=self._freshness)

    def latest(self, slug: str) -> Post | None:
        """Return a post as the database has it now, for its author to change."""
        with self._database.connection() as connection:
            query: LiteralString = f"SELECT {SUMMARY}, body, image_id, updated_at {FROM} WHERE slug = %s"
            return next(iter(_rows(connection, Post, query, [slug])), None)

    def add(self, draft: Draft, *, author_id: int) -> str:
        """Publish a post and return its slug."""
        with self._database.connection() as connection:
            image_id = _store_image(connection, draft.image)
            slug = _insert(connection, draft, image_id=image_id, author_id=author_id)
            pages = _pages(connection)
        self._forget(slug, pages, image_id)
        return slug

    def change(self, slug: str, draft: Draft) -> bool:
        """Change a post, which keeps its slug; tell whether it was there."""
        with self._database.connection() as connection:
            before = _image_of(connection, slug)
            kept = None if draft.remove_image else before
            image_id = _store_image(connection, draft.image) or kept
            changed = connection.execute(
                "UPDATE posts SET title = %s, summary = %s, body = %s, image_id = %s, updated_at = now()"
                " WHERE slug = %s",
                [draft.title, draft.summary, draft.body, image_id, slug],
            )
            _drop_unused_image(connection, before)
            pages = _pages(connection)
        self._forget(slug, pages, before, image_id)
        return changed.rowcount > 0

    def delete(self, slug: str) -> bool:
        """Delete a post, and its picture unless another post shows it too; tell whether it was there."""
        with self._database.connection() as connection:
            before = _image_of(connection, slug)
            deleted = connection.execute("DELETE FROM posts WHERE slug = %s", [slug])
            _drop_unused_image(connection, before)
            pages = _pages(connection)
        self._forget(slug, pages, before)
        return deleted.rowcount > 0

    def _load_listing(self, page: int) -> Listing | None:
        with self._database.connection() as connection:
            pages = _pages(connection)
            if page > pages:
                return None
            query: LiteralString = (
                f"SELECT {SUMMARY} {FROM} ORDER BY published_at DESC, posts.id DESC LIMIT %s OFFSET %s"
            )
            posts = _rows(connection, Summary, query, [PAGE_SIZE, (page - 1) * PAGE_SIZE])
        return Listing(posts=posts, page=page, pages=pages)

    def _load_image(self, image_id: str) -> Image | None:
        with self._database.connection() as connection:
            images = _rows(connection, Image, "SELECT content_type, content FROM images WHERE id = %s", [image_id])
        return next(iter(images), None)

    def _forget(self, slug: str, pages: int, *image_ids: str | None) -> None:
        """Forget what a write has changed, once it is committed; the list may have been a page longer before."""
        lists = [f"posts:{page}" for page in range(1, pages + 2)]
        self.cache.forget(f"post:{slug}", *lists, *(f"image:{image_id}" for image_id in image_ids if image_id))


def _rows(connection: psycopg.Connection, kind: type[Row], query: LiteralString, values: Sequence[object]) -> list[Row]:
    with connection.cursor(row_factory=kwargs_row(kind)) as cursor:
        return cursor.execute(query, values).fetchall()


def _pages(connection: psycopg.Connection) -> int:
    """How many pages the list has; an empty list has one."""
    (count,) = connection.execute("SELECT count(*) FROM posts").fetchone() or (0,)
    return max(1, math.ceil(count / PAGE_SIZE))


def _insert(connection: psycopg.Connection, draft: Draft, *, image_id: str | None, author_id: int) -> str:
    """Insert under the first free slug, also while another author publishes the same title."""
    slug = slug_of(draft.title)
    numbered = (f"{slug}-{number}" for number in itertools.count(2))
    for candidate in itertools.chain([slug], numbered):
        inserted = connection.execute(
            "INSERT INTO posts (slug, title, summary, body, image_id, author_id, published_at, updated_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now(), now()) ON CONFLICT (slug) DO NOTHING",
            [candidate, draft.title, draft.summary, draft.body, image_id, author_id],
        )
        if inserted.rowcount:
            return candidate
    raise AssertionError("numbers do not end")


def _image_of(connection: psycopg.Connection, slug: str) -> str | None:
    (image_id,) = connection.execute("SELECT image_id FROM posts WHERE slug = %s", [slug]).fetchone() or (None,)
    return image_id


def _store_image(connection: psycopg.Connection, image: Image | None) -> str | None:
    if image is None:
        return None
    connection.execute(
        "INSERT INTO images (id, content_type, content) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING",
        [image.id, image.content_type, image.content],
    )
    return image.id


def _drop_unused_image(connection: psycopg.Connection, image_id: str | None) -> None:
    connection.execute(
        "DELETE FROM images WHERE id = %s AND NOT EXISTS (SELECT FROM posts WHERE posts.image_id = images.id)",
        [image_id],
    )
