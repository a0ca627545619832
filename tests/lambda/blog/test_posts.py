"""Posts in a real PostgreSQL, read and written as the role that the migration makes for the blog."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from blog.authors import Authors
from blog.cache_aside import CacheAside, Freshness
from blog.database import Database
from blog.images import Image
from blog.posts import Draft, Posts
from blog_schema.schema import grant, migrate
from data_access.postgres_server import DatabaseUnavailable, PostgresServer, connect
from local.servers.authority import CA_FILE
from local.servers.postgres import Postgres
from tests.blog_stand_ins import CacheStandIn
from tests.blog_world import PNG

pytestmark = pytest.mark.usefixtures("signing_keys")
DRAFT = Draft(title="東京の朝", summary="In short", body="Text")


@pytest.fixture(scope="module")
def servers(postgres: Postgres) -> tuple[PostgresServer, PostgresServer]:
    """The database as its master and as the blog enter it."""
    postgres.create_cluster(master="posts_master", database="posts")
    master = PostgresServer(
        host="localhost", port=postgres.port, database="posts", user="posts_master", ca_file=str(CA_FILE)
    )
    blog = replace(master, user="posts_blog")
    with connect(master, patience_seconds=20) as connection:
        migrate(connection)
        grant(connection, role="posts_blog")
    return master, blog


class CountingDatabase(Database):
    """Counts and keeps the connections that it lends."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(self._counted)
        self.server = server
        self.lent: list[psycopg.Connection] = []

    def _counted(self) -> psycopg.Connection:
        self.lent.append(connect(self.server, patience_seconds=5))
        return self.lent[-1]


@pytest.fixture
def database(servers: tuple[PostgresServer, PostgresServer]) -> Iterator[CountingDatabase]:
    master, blog = servers
    database = CountingDatabase(blog)
    yield database
    assert all(connection.closed for connection in database.lent)
    with connect(master, patience_seconds=5) as connection:
        connection.execute("TRUNCATE posts, images, authors")


@pytest.fixture
def posts(database: CountingDatabase) -> Posts:
    freshness = Freshness(fresh_seconds=60, stale_seconds=600, missing_seconds=10)
    return Posts(database=database, cache=CacheAside(CacheStandIn()), freshness=freshness)


@pytest.fixture
def author_id(database: Database) -> int:
    return Authors(database).add("Taro+Blog@Example.com").id


def test_an_author_is_added_once_and_found_in_any_case(database: Database) -> None:
    authors = Authors(database)
    added = [authors.add(email) for email in ("Hanako@Example.com", "hanako@example.com")]
    assert added == [authors.find("HANAKO@example.com")] * 2
    assert authors.find("nobody@example.com") is None


def test_a_post_is_found_as_it_was_written(posts: Posts, author_id: int) -> None:
    assert posts.add(DRAFT, author_id=author_id) == "東京の朝"
    post = posts.post("東京の朝")
    assert post
    assert (post.title, post.summary, post.body) == (DRAFT.title, DRAFT.summary, DRAFT.body)
    assert (post.byline, post.image_id) == ("taro", None)
    assert post.published_at == post.updated_at
    assert post.published_at.tzinfo


def test_a_second_read_asks_no_database(posts: Posts, database: CountingDatabase, author_id: int) -> None:
    posts.add(DRAFT, author_id=author_id)
    reads = (lambda: posts.listing(1), lambda: posts.post("東京の朝"), lambda: posts.post("none"))
    first = [read() for read in reads]
    lent = len(database.lent)
    assert [read() for read in reads] == first
    assert len(database.lent) == lent


def test_the_list_has_ten_posts_a_page_newest_first(posts: Posts, author_id: int) -> None:
    empty = posts.listing(1)
    assert empty
    assert (empty.posts, empty.pages) == ([], 1)
    for number in range(11):
        posts.add(Draft(title=f"Post {number}", summary="", body="Text"), author_id=author_id)
    first, second, third = (posts.listing(page) for page in (1, 2, 3))
    assert first
    assert second
    assert third is None
    assert [post.slug for post in first.posts] == [f"post-{number}" for number in range(10, 0, -1)]
    assert [post.slug for post in second.posts] == ["post-0"]
    assert (first.pages, second.page) == (2, 2)


def test_a_title_that_is_taken_gets_a_number(posts: Posts, author_id: int) -> None:
    slugs = [posts.add(DRAFT, author_id=author_id) for _ in range(3)]
    assert slugs == ["東京の朝", "東京の朝-2", "東京の朝-3"]


def test_a_title_that_several_publish_at_once_gets_several_slugs(posts: Posts, author_id: int) -> None:
    with ThreadPoolExecutor(5) as pool:
        slugs = list(pool.map(lambda _: posts.add(DRAFT, author_id=author_id), range(5)))
    assert len(set(slugs)) == 5


def test_a_write_is_seen_by_the_next_read_of_post_and_lists(posts: Posts, author_id: int) -> None:
    for number in range(11):
        posts.add(Draft(title=f"Post {number}", summary="", body="Text"), author_id=author_id)
    assert posts.post("post-3")
    assert [posts.listing(page) is None for page in (1, 2, 3)] == [False, False, True]
    assert posts.change("post-3", Draft(title="Changed", summary="", body="Other"))
    changed, listing = posts.post("post-3"), posts.listing(1)
    assert changed
    assert (changed.title, changed.body) == ("Changed", "Other")
    assert changed.updated_at > changed.published_at
    assert listing
    assert "Changed" in [post.title for post in listing.posts]
    assert posts.delete("post-3")
    assert posts.post("post-3") is None
    assert posts.listing(2) is None


def test_a_post_that_was_remembered_as_missing_appears_when_it_is_published(posts: Posts, author_id: int) -> None:
    assert posts.post("東京の朝") is None
    posts.add(DRAFT, author_id=author_id)
    assert posts.post("東京の朝")


@pytest.mark.parametrize("replaced", [True, False])
def test_a_picture_goes_with_the_last_post_that_shows_it(posts: Posts, author_id: int, *, replaced: bool) -> None:
    image = Image(content_type="image/png", content=PNG)
    other = Image(content_type="image/jpeg", content=b"\xff\xd8\xff")
    shown = Draft(title="Shown", summary="", body="Text", image=image)
    slugs = [posts.add(shown, author_id=author_id) for _ in range(2)]
    posts.change(slugs[0], Draft(title="Kept", summary="", body="Text"))
    kept = posts.post(slugs[0])
    assert kept
    assert kept.image_id == image.id
    assert posts.image(image.id) == image
    posts.delete(slugs[0])
    assert posts.image(image.id) == image
    changed = Draft(title="x", summary="", body="Text", image=other if replaced else None, remove_image=not replaced)
    posts.change(slugs[1], changed)
    assert posts.image(image.id) is None
    assert posts.image(other.id) == (other if replaced else None)


def test_what_is_not_there_is_neither_changed_nor_deleted(posts: Posts) -> None:
    assert not posts.change("none", DRAFT)
    assert not posts.delete("none")


@pytest.mark.parametrize("text", ["'; DROP TABLE posts; --", "%s", "\\", "💌", "x" * 80])
def test_any_text_is_stored_as_it_is(posts: Posts, author_id: int, text: str) -> None:
    slug = posts.add(Draft(title=text, summary=text, body=text), author_id=author_id)
    post = posts.post(slug)
    assert post
    assert (post.title, post.summary, post.body) == (text, text, text)
    assert posts.post(text) is None or text == slug


def test_a_connection_that_is_lost_in_the_middle_is_an_unavailable_database(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DatabaseUnavailable), database.connection() as connection:  # noqa: PT012
        with database.connection() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        for _ in range(100):
            connection.execute("SELECT pg_sleep(0.05)")
    assert caplog.records[-1].__dict__["event"] == "database_unavailable"
