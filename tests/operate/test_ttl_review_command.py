"""`make ttl-review` on a folder of logs: what is written, for which days, and what is wrong with what was typed."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.cloud import Cloud
from operate import site, stage, synthesized, ttl_review
from tests.edge_logs import files, line, write
from tests.operate.conftest import Told
from tests.ttl_tree import of_tree

if TYPE_CHECKING:
    from ttl_review.model import Policy

Command = Callable[[str, Callable[[], int]], Told]
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesized, "deployed", of_tree)
    for name in ("STAGE", "DAYS", "LOGS", "EDITS", "PROBE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OUT", str(tmp_path / "out"))


def test_a_folder_of_logs_becomes_a_page_markdown_and_data(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [line("/assets/a.css", at=60 * n, result="Miss" if n == 0 else "Hit") for n in range(30)]
    monkeypatch.setenv("LOGS", str(write(tmp_path / "logs", rows)))
    code, lines, _ = command("ttl-review", ttl_review.main)
    assert (code, lines[-1]) == (0, "proposals  none")
    made = json.loads((tmp_path / "out" / "review.json").read_text())
    assert (made["lines"], made["broken_lines"]) == (30, 0)
    assert made["popular"][0]["path"] == "/assets/a.css"
    assert {each["pattern"] for each in made["curves"]} == {"/assets/*"}
    for name in ("review.html", "review.md"):
        assert "/assets/a.css" in (tmp_path / "out" / name).read_text()


@pytest.mark.parametrize(("days", "lines"), [("", 3), ("1", 1), ("2", 2)])
def test_every_day_of_a_folder_counts_unless_days_says_otherwise(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch, days: str, lines: int
) -> None:
    monkeypatch.setenv("LOGS", str(write(tmp_path / "logs", [line("/", at=DAY_S * day) for day in range(3)])))
    monkeypatch.setenv("DAYS", days)
    assert command("ttl-review", ttl_review.main)[0] == 0
    assert json.loads((tmp_path / "out" / "review.json").read_text())["lines"] == lines


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"LOGS": "nowhere"}, "LOGS 'nowhere' is no folder"),
        ({"LOGS": ".", "DAYS": "0"}, "DAYS '0' is not a number from 1 to 400"),
        ({"LOGS": ".", "DAYS": "a week"}, "DAYS 'a week' is not a number"),
        ({"LOGS": "."}, "has no line that can be read"),
        ({"LOGS": ".", "OUT": "file"}, "OUT 'file' is a file"),
        ({"STAGE": "test"}, "STAGE 'test' is not one of"),
        ({"LOGS": ".", "DAYS": "1", "PROBE": "all"}, "PROBE 'all' is not yes"),
    ],
)
def test_what_cannot_be_reviewed_is_told_in_one_line(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch, typed: dict[str, str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    if "DAYS" in typed:
        write(tmp_path, [line("/")])
    for name, value in typed.items():
        monkeypatch.setenv(name, value)
    code, _, (line_told,) = command("ttl-review", ttl_review.main)
    assert (code, told in line_told) == (2, True), line_told


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a site is asked for that compresses nothing and says that everything is private."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            for name, value in {
                "Content-Type": "text/css",
                "Content-Length": "2000",
                "Cache-Control": "private",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"a" * 2000)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(site, "find", lambda _: site.Site(url=f"http://127.0.0.1:{server.server_port}"))
    yield paths
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("typed", "paths", "kinds"),
    [("", [], set[str]()), ("yes", ["/assets/a.css"] * 2, {"uncompressed", "private-shared"})],
)
def test_the_site_is_asked_only_with_probe_and_only_for_what_everybody_may_get(  # noqa: PLR0917 (fixtures)
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[str],
    typed: str,
    paths: list[str],
    kinds: set[str],
) -> None:
    rows = [line(path, at=60 * n, result="Hit") for n in range(30) for path in ("/assets/a.css", "/write")]
    monkeypatch.setenv("LOGS", str(write(tmp_path / "logs", rows)))
    monkeypatch.setenv("PROBE", typed)
    assert command("ttl-review", ttl_review.main)[0] == 0
    assert asked == paths
    findings = json.loads((tmp_path / "out" / "review.json").read_text())["findings"]
    assert {one["kind"] for one in findings if one["subject"] == "/assets/a.css"} == kinds


def test_the_policies_of_the_working_tree_are_those_of_ttl_py() -> None:
    policies: dict[str, Policy] = {policy.pattern: policy for policy in of_tree().policies}
    assert policies["/api/*"].query_strings is None
    assert policies["*"].query_strings == ("page",)
    assert (policies["/write*"].max_seconds, policies["/assets/*"].default_seconds) == (0, DAY_S)


def test_logs_in_a_bucket_are_copied_with_their_days_and_nothing_else(
    cloud: Cloud, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, bucket = cloud.client("s3"), "ttl-review-logs"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    for key, content in files([line("/"), line("/", at=DAY_S)]).items():
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    for key in ("cdn/notes.txt", "cdn/../../outside.gz"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"no log")
    monkeypatch.setattr(stage, "connect", lambda _: cloud.client)
    monkeypatch.setenv("LOGS", f"s3://{bucket}/cdn")
    code, lines, _ = command("ttl-review", ttl_review.main)
    assert (code, lines[0]) == (0, f"copied     2 files from s3://{bucket}/cdn")
    assert json.loads((tmp_path / "out" / "review.json").read_text())["lines"] == 2
    monkeypatch.setenv("LOGS", f"s3://{bucket}/nothing")
    _, _, (told,) = command("ttl-review", ttl_review.main)
    assert "has no file that ends in .parquet or .gz" in told
