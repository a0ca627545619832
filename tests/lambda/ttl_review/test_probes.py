"""Probe requests: what answers show that no log says."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from msgspec.structs import replace

from ttl_review.model import Policy, Popular
from ttl_review.popular import NOTHING
from ttl_review.probes import MOST_PATHS, Answer, Site, probed, public

PAGE = Popular(path="/page", pattern="*", counts=NOTHING)


def shows(*, status: int = 200, size: int = 5000, **headers: str) -> list[tuple[str, str]]:
    """The kinds and sentences of the findings in an answer, whose headers are given with _ for -."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    findings = probed(lambda _path: Answer(status=status, headers=given, size=size), [PAGE])
    return [(finding.kind, finding.text) for finding in findings]


def test_an_answer_that_could_be_compressed_and_is_not() -> None:
    [(kind, text)] = shows(content_type="Text/HTML; charset=utf-8")

    assert kind == "uncompressed"
    assert "5000 bytes of text/html" in text


@pytest.mark.parametrize(
    "answer",
    [
        {"content_type": "text/html", "content_encoding": "br"},
        {"content_type": "text/html", "size": 999},
        {"content_type": "text/html", "status": 404},
        {"content_type": "image/webp"},
        {},
        {"x_cache": "Hit from cloudfront", "cache_control": "max-age=60"},
        {"x_cache": "Miss from cloudfront", "cache_control": "private", "set_cookie": "a=b"},
        {"vary": "Accept-Encoding, Origin"},
    ],
)
def test_answers_without_fault_show_nothing(answer: dict[str, Any]) -> None:
    assert shows(**answer) == []


@pytest.mark.parametrize(
    "headers", [{"cache_control": "Private"}, {"cache_control": "no-store"}, {"set_cookie": "a=b"}]
)
def test_a_private_answer_from_the_cache(headers: dict[str, Any]) -> None:
    [(kind, text)] = shows(x_cache="Hit from cloudfront", **headers)

    assert kind == "private-shared"
    assert text.startswith("/page came from the cache though it says ")


def test_a_private_answer_that_is_the_same_each_time_could_be_shared() -> None:
    [(kind, text)] = shows(content_type="image/png", cache_control="private, max-age=60")

    assert kind == "private-shared"
    assert text.endswith("the same 5000 bytes each of 2 times: if others get them too, let it be shared.")


def test_a_private_answer_that_is_another_each_time_shows_nothing() -> None:
    made = iter("ab")

    def ask(_path: str) -> Answer:
        return Answer(status=200, headers={"cache-control": "private"}, size=5000, digest=next(made))

    assert list(probed(ask, [PAGE])) == []


def test_only_popular_paths_that_somebody_got_and_everybody_may_get_are_asked_for() -> None:
    """Forms and what depends on a session are not kept, and never asked for."""
    pages = Policy(name="pages", pattern="*", min_seconds=0, default_seconds=0, max_seconds=60)
    forms = Policy(name="forms", pattern="/write*", min_seconds=0, default_seconds=0, max_seconds=0)
    good = replace(NOTHING, requests=9, status_2xx=9)
    popular = [
        Popular(path="/write", pattern="/write*", counts=good),
        Popular(path="/missing", pattern="*", counts=replace(NOTHING, requests=9, status_4xx=9)),
        *(Popular(path=f"/{number}", pattern="*", counts=good) for number in range(MOST_PATHS + 5)),
    ]

    chosen = [one.path for one in public(popular, (forms, pages))]

    assert chosen == [f"/{number}" for number in range(MOST_PATHS)]


def test_an_answer_that_depends_on_cookies() -> None:
    assert [kind for kind, _ in shows(vary="Accept-Encoding, Cookie")] == ["fragmented-by-cookie"]


def test_a_site_that_is_down_shows_nothing() -> None:
    def down(_path: str) -> Answer:
        raise ConnectionRefusedError

    assert list(probed(down, [PAGE])) == []


@pytest.fixture
def site() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """A site, and what it was asked."""
    asked: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers))
            self.send_response(int(self.path[1:4]) if self.path[1:4].isdigit() else 200)
            self.send_header("X-Cache", "Hit from cloudfront")
            self.send_header("Location", "/200-elsewhere")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"body")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_site_is_asked_without_cookies_and_redirects_are_not_followed(site: tuple[str, list[Any]]) -> None:
    url, asked = site
    ask = Site(url + "/")

    assert [ask(path).status for path in ("/200", "/301", "/404", "/503")] == [200, 301, 404, 503]
    assert ask("/200").size == 4
    assert ask("/404").headers["x-cache"] == "Hit from cloudfront"
    assert [path for path, _ in asked] == ["/200", "/301", "/404", "/503", "/200", "/404"]
    assert all(headers["Accept-Encoding"] == "gzip, br" and "Cookie" not in headers for _, headers in asked)


def test_no_path_of_a_stranger_leads_elsewhere(site: tuple[str, list[Any]]) -> None:
    url, asked = site
    for path in ("/a b", "/line\r\nX-Evil: 1", "/é", "//evil.example/", "/@evil.example", "/a%2520b", "/a?b#c"):
        Site(url)(path)

    assert [path for path, _ in asked] == [
        "/a%20b",
        "/line%0D%0AX-Evil:%201",
        "/%C3%A9",
        "/evil.example/",  # the server takes the slashes as one
        "/@evil.example",
        "/a%2520b",
        "/a%3Fb%23c",
    ]
