"""`make warm` against a small site: what it finds, what it leaves out, how it fails."""

import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from local.answer import Answer
from operate import site, stage, warm
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
PAGES = {
    "/": '<a href="/posts/a">a</a> <a href="?page=2#top">2</a> <img src="/images/1"> <a href="/write">w</a>',
    "/?page=2": '<a href="/">first</a> <link href="/assets/s.css"> <a href="https://example.com/x">x</a>',
    "/posts/a": '<a href="b">b</a> <a href="mailto:hana@example.com">mail</a>',
    "/posts/b": '<a href="/contact">write</a> <a href="/posts/a#end">a</a>',
}


@dataclass(frozen=True, kw_only=True)
class SmallSite(site.Site):
    """Pages of PAGES, anything else as a picture; `broken` answer 503, `away` nothing."""

    url: str = "https://site.test"
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        encoding = str((headers or {})["accept-encoding"])
        if path in self.away:
            raise ConnectionRefusedError("refused")
        kind = "Hit" if (path, encoding) in self.asked else "Miss"
        self.asked.append((path, encoding))
        answered = http.client.HTTPMessage()
        answered["content-type"] = "text/html; charset=utf-8" if path in PAGES else "image/webp"
        answered["x-cache"] = f"{kind} from cloudfront"
        answered["x-amz-cf-pop"] = "NRT57-P1"
        return Answer(status=503 if path in self.broken else 200, headers=answered, body=PAGES.get(path, "").encode())

    @property
    def readers(self) -> list[str]:
        return [path for path, encoding in self.asked if "br" in encoding]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> SmallSite:
    small = SmallSite()
    monkeypatch.setattr(site, "find", lambda _: small)
    for name in ("STAGE", "URL"):
        monkeypatch.delenv(name, raising=False)
    return small


def test_every_page_picture_and_asset_of_the_site_is_fetched_once_as_browsers_do(
    small: SmallSite, command: Command
) -> None:
    code, lines, errors = command("warm", warm.main)
    assert (code, errors) == (0, [])
    assert sorted(small.readers) == ["/", "/?page=2", "/assets/s.css", "/images/1", "/posts/a", "/posts/b"]
    assert lines[0].startswith("fetched    /  200, Miss from cloudfront, ")
    assert lines[-1] == "there      0 of 6 already, at edge location NRT57-P1"


def test_a_second_run_finds_everything_there(small: SmallSite, command: Command) -> None:
    command("warm", warm.main)
    _, lines, _ = command("warm", warm.main)
    assert lines[-1].startswith("there      6 of 6 already")
    assert len(small.readers) == 12


def test_paths_that_are_named_are_fetched_and_no_others(
    small: SmallSite, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("URL", " /posts/b /posts/日本 https://site.test/posts/a /posts/b")
    assert command("warm", warm.main)[0] == 0
    assert small.readers == ["/posts/b", "/posts/%E6%97%A5%E6%9C%AC", "/posts/a"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("/write", "URL '/write' is never kept at the edge"),
        ("posts/a", "URL 'posts/a' is neither a path"),
        ("//other.test/a", "is neither a path"),
        ("https://other.test/a", "nor an address below https://site.test"),
    ],
)
def test_what_cannot_be_warmed_is_one_clear_line_and_nothing_is_fetched(
    url: str, told: str, small: SmallSite, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("URL", url)
    code, _, (line,) = command("warm", warm.main)
    assert (code, told in line, small.asked) == (2, True, [])


def test_a_page_that_fails_is_told_and_the_rest_is_fetched(small: SmallSite, command: Command) -> None:
    small.broken.add("/posts/a")
    small.away.add("/images/1")
    code, lines, _ = command("warm", warm.main)
    assert code == 1
    assert "failed     /images/1  refused" in lines
    assert any(line.startswith("fetched    /posts/a  503") for line in lines)
    assert "/assets/s.css" in small.readers


def test_a_site_that_is_away_is_one_clear_line(small: SmallSite, command: Command) -> None:
    small.away.add("/")
    code, _, errors = command("warm", warm.main)
    assert (code, errors) == (2, ["warm: https://site.test gives no answer"])


def test_the_web_acl_is_never_given_a_reason_to_block(
    small: SmallSite, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2000):
        monkeypatch.setitem(PAGES, f"/posts/{number}", f'<a href="/posts/{number + 1}">next</a>')
    monkeypatch.setitem(PAGES, "/", '<a href="/posts/0">first</a>')
    _, lines, _ = command("warm", warm.main)
    assert len(small.asked) <= stage.STAGES["local"].edge.rate_limit_requests // 2
    assert lines[-1].startswith("left       1 paths: 1000 requests is half")
