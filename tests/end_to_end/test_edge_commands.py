"""`make warm` and `make invalidate` at the local edge, before the deployed site."""

from collections.abc import Iterator

import pytest

from local.edge_client import EdgeClient
from operate import invalidate, warm
from tests.commands import Command, commands
from tests.end_to_end.conftest import MailPath
from tests.end_to_end.site import fresh_edge

POST = "/posts/thundering-herd"
READER = warm.BROWSER


@pytest.fixture
def edge(deployed: MailPath) -> Iterator[EdgeClient]:
    yield (edge := fresh_edge(deployed.cloud))
    edge.forget()


@pytest.fixture
def command(deployed: MailPath, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    for name in ("URL", "STAGE"):
        monkeypatch.delenv(name, raising=False)
    return commands(deployed.cloud, monkeypatch, capsys)


def kind(edge: EdgeClient, path: str) -> str:
    answer = edge.get(path, READER, tls=True)
    assert answer.status == 200
    return str(answer.headers["x-cache"]).removesuffix(" from cloudfront")


def test_after_warming_readers_find_every_page_at_the_edge(edge: EdgeClient, command: Command) -> None:
    code, lines, errors = command("warm", warm.main)
    assert (code, errors) == (0, [])
    fetched = [line.split()[1] for line in lines if line.startswith("fetched")]
    assert {"/", POST} < set(fetched)
    assert any(path.startswith("/assets/") for path in fetched)
    assert not [path for path in fetched if path.startswith(("/contact", "/sign-in", "/write"))]
    asked = edge.statistics()["origin_requests"]
    assert {kind(edge, path) for path in fetched} == {"Hit"}
    assert edge.statistics()["origin_requests"] == asked


def test_an_invalidated_page_is_off_the_edge_once_the_command_is_done_and_others_stay(
    edge: EdgeClient, command: Command
) -> None:
    assert [kind(edge, path) for path in (POST, POST, "/", "/")] == ["Miss", "Hit", "Miss", "Hit"]
    code, lines, _ = command("invalidate", invalidate.main, URL="/posts/*")
    assert (code, lines[0]) == (0, "asked      /posts/*")
    assert [kind(edge, path) for path in (POST, "/")] == ["Miss", "Hit"]
