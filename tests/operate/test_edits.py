"""The file that says when objects were edited, and what is wrong with one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blog_schema.schema import migrate
from data_access.postgres_server import PostgresServer, connect
from local.servers.authority import CA_FILE
from local.servers.postgres import Postgres
from operate import synthesized, ttl_review
from operate.command import InputError
from operate.edits import QUERY, read
from tests.edge_logs import line, write
from tests.operate.conftest import Told
from tests.ttl_tree import of_tree

POLICIES = of_tree().policies
UNTIL = datetime(2026, 11, 21, tzinfo=UTC)


def test_moments_are_read_as_postgresql_and_people_write_them(tmp_path: Path) -> None:
    """Of the same moment in two time zones there is one; without a zone it is UTC."""
    file = tmp_path / "edits.csv"
    file.write_text(
        "/posts/a,2026-11-01 00:00:00+00\n/posts/a,2026-11-20 09:00:00.25+09\n/posts/b,2026-11-20T00:00:00Z\n"
        '"/posts/b","2026-11-20 09:00:00+09"\n/posts/c,2026-11-20\n'
    )
    assert read(file, POLICIES, until=UNTIL) == {"*": pytest.approx(3 * 86_400, abs=1)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/a,2026-11-20\n/a,yesterday\n", "line 2 is not a path and a moment, as /posts/x,2026"),
        ("/a\n", "line 1 is not a path and a moment"),
        ("/a,2026-11-20,again\n", "line 1 is not a path and a moment"),
        ("slug,2026-11-20\n", "line 1: path 'slug' does not begin with /"),
        ("\xff", "cannot be read"),
    ],
    ids=["no moment", "one field", "three fields", "no path", "no text"],
)
def test_a_file_that_says_something_else_is_told_by_its_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "edits.csv"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=told):
        read(file, POLICIES, until=UNTIL)


def test_the_query_for_the_posts_of_the_blog_gives_such_a_file(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One post was edited nineteen days after it was written, and one never: both were left alone for a day."""
    for name, value in {"ACCESS_KEY_ID": "AKIDEXAMPLE", "SECRET_ACCESS_KEY": "key", "REGION": "ap-northeast-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    postgres.create_cluster(master="edits_master", database="edits")
    server = PostgresServer(
        host="localhost", port=postgres.port, database="edits", user="edits_master", ca_file=str(CA_FILE)
    )
    file = tmp_path / "edits.csv"
    with connect(server, patience_seconds=20) as connection, file.open("wb") as csv:
        migrate(connection)
        connection.execute("INSERT INTO authors (email) VALUES ('a@edgepost.test')")
        for slug, published, updated in (("a", "2026-11-01Z", "2026-11-20Z"), ("b", "2026-11-20Z", "2026-11-20Z")):
            connection.execute(
                "INSERT INTO posts (slug, title, summary, body, author_id, published_at, updated_at)"
                " SELECT %s, 'T', 'S', 'B', id, %s, %s FROM authors",
                [slug, published, updated],
            )
        with connection.cursor().copy(f"COPY ({QUERY}) TO STDOUT (FORMAT csv)") as lines:
            csv.writelines(bytes(line) for line in lines)
    assert read(file, POLICIES, until=UNTIL) == {"*": 2 * 86_400}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"EDITS '.*none\.csv' cannot be read"):
        read(tmp_path / "none.csv", POLICIES, until=UNTIL)


def test_a_review_says_that_it_knows_by_edits_how_often_pages_change(
    tmp_path: Path, command: Callable[[str, Callable[[], int]], Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = tmp_path / "edits.csv"
    edits.write_text("/posts/a,2026-11-01 00:00:00+00\n/posts/a,2026-11-20 00:00:00+00\n")
    logs = write(tmp_path / "logs", [line("/posts/a", at=20 * n, result="Hit" if n % 3 else "Miss") for n in range(30)])
    for name, value in {"EDITS": edits, "LOGS": logs, "OUT": tmp_path / "out", "DAYS": ""}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("STAGE", raising=False)
    monkeypatch.setattr(synthesized, "deployed", of_tree)
    assert command("ttl-review", ttl_review.main)[0] == 0
    (curve,) = json.loads((tmp_path / "out" / "review.json").read_text())["curves"]
    assert (curve["change_seconds"], curve["change_source"]) == (86_400, "edits")
