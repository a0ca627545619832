"""Sample posts, so that a fresh blog has something to show."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import psycopg

SAMPLES = Path(__file__).with_name("samples")


def add_samples(connection: psycopg.Connection) -> None:
    """Add the sample posts that are absent; those that are there stay as somebody may have edited them."""
    for post in tomllib.loads((SAMPLES / "posts.toml").read_text())["posts"]:
        _add(connection, post)


def _add(connection: psycopg.Connection, post: dict[str, Any]) -> None:
    connection.execute("INSERT INTO authors (email) VALUES (%(author)s) ON CONFLICT DO NOTHING", post)
    image = (SAMPLES / post["image"]).read_bytes() if "image" in post else b""
    image_id = hashlib.sha256(image).hexdigest()[:32] if image else None
    if image_id:
        connection.execute(
            "INSERT INTO images (id, content_type, content) VALUES (%s, 'image/png', %s) ON CONFLICT DO NOTHING",
            [image_id, image],
        )
    connection.execute(
        "INSERT INTO posts (slug, title, summary, body, image_id, author_id, published_at, updated_at)"
        " SELECT %(slug)s, %(title)s, %(summary)s, %(body)s, %(image_id)s, id, %(published_at)s, %(published_at)s"
        " FROM authors WHERE email = %(author)s ON CONFLICT (slug) DO NOTHING",
        {**post, "body": (SAMPLES / f"{post['slug']}.md").read_text(), "image_id": image_id},
    )
