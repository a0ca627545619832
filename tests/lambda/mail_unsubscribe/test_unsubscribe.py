"""The unsubscribe page, by the load balancer's events, with the embedded cloud's KMS and DynamoDB."""

import base64
import hashlib
import importlib
import re
import socket
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest

from mail_common.clients import PROMPT, Clients
from mail_common.entry import Entry
from mail_unsubscribe.pages import masked
from tests.mail_feedback_world import SITE, FeedbackWorld

Ask = Callable[..., dict[str, Any]]
TITLE = "Edgepost <Tokyo> & Co"


class Handler:
    """The function, made as a cold start makes it."""

    def __init__(self, world: FeedbackWorld, key: str, *, kms: Any = None) -> None:
        environment = {"SUPPRESSIONS_TABLE": world.suppressed, "UNSUBSCRIBE_KEY": key}
        environment |= {"SITE_URL": SITE, "SITE_TITLE": TITLE}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr("mail_common.clients.Clients.kms", kms or world.kms)
            patch.setattr("mail_common.clients.Clients.dynamodb", world.dynamodb)
            sys.modules.pop("mail_unsubscribe.handler", None)
            self.handle = importlib.import_module("mail_unsubscribe.handler").handle


@pytest.fixture(scope="module")
def key(world: FeedbackWorld) -> str:
    return world.key()


@pytest.fixture(scope="module")
def ask(world: FeedbackWorld, key: str) -> Ask:
    """Send a request for a link, as the load balancer hands it on."""
    handle = Handler(world, key).handle

    def asked(method: str, token: str | None, *, body: str = "", **changed: Any) -> dict[str, Any]:
        event = {
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:…"}},
            "httpMethod": method,
            "path": "/unsubscribe",
            "multiValueQueryStringParameters": {} if token is None else {"token": [quote(token, safe="")]},
            "multiValueHeaders": {"host": ["www.mail.test"]},
            "body": body,
            "isBase64Encoded": False,
        }
        return handle(event | changed, None)

    return asked


@pytest.fixture
def address() -> str:
    return f"{uuid4().hex}@example.com"


@pytest.fixture
def token(world: FeedbackWorld, key: str, address: str) -> str:
    """The token of the link in a mail to the address."""
    header = world.links(key).headers(address, request_id="request")["List-Unsubscribe"]
    return urlsplit(header.strip("<>")).query.partition("=")[2]


def unsubscribed(world: FeedbackWorld, address: str) -> dict[str, Entry]:
    return world.suppressions.reasons([address]).get(address, {})


class Page(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_opening_a_link_shows_a_button_and_changes_nothing(
    world: FeedbackWorld, ask: Ask, token: str, address: str
) -> None:
    answer = ask("GET", token)
    assert (answer["statusCode"], answer["statusDescription"]) == (200, "200 OK")
    tags = Page(answer["body"]).tags
    assert [attributes for tag, attributes in tags if tag == "form"] == [{"method": "post"}]
    assert [tag for tag, _ in tags].count("button") == 1
    assert unsubscribed(world, address) == {}


@pytest.mark.parametrize("body", ["List-Unsubscribe=One-Click", ""])
def test_one_post_unsubscribes_without_a_cookie_or_a_question(
    world: FeedbackWorld, ask: Ask, token: str, address: str, body: str
) -> None:
    assert ask("POST", token, body=body)["statusCode"] == 200
    (entry,) = unsubscribed(world, address).values()
    assert (entry.request_id, entry.detail) == ("request", "by the link of a mail")
    assert entry.at == pytest.approx(world.now() * 1000, abs=10_000)
    assert world.suppressions.kept_back([address], subscription=True) == {address: "unsubscribe"}


def test_the_same_link_again_ends_the_same(world: FeedbackWorld, ask: Ask, token: str, address: str) -> None:
    first, again = ask("POST", token), ask("POST", token)
    assert first == again
    assert unsubscribed(world, address).keys() == {"unsubscribe"}


def test_who_was_taken_off_by_a_person_can_unsubscribe_again_by_an_old_link(
    world: FeedbackWorld, ask: Ask, token: str, address: str
) -> None:
    ask("POST", token)
    world.suppressions.remove(address, detail="asked for")
    ask("POST", token)
    assert unsubscribed(world, address).keys() == {"unsubscribe"}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("wrong", [None, "", "nonsense", "a.b"])
def test_a_link_that_is_none_of_ours_is_a_bad_request(ask: Ask, method: str, wrong: str | None) -> None:
    assert ask(method, wrong)["statusCode"] == 400


def test_a_changed_link_unsubscribes_nobody(world: FeedbackWorld, ask: Ask, token: str, address: str) -> None:
    payload, _, code = token.partition(".")
    changed = f"{payload}.{'B' if code[0] == 'A' else 'A'}{code[1:]}"
    assert ask("POST", changed)["statusCode"] == 400
    assert unsubscribed(world, address) == {}


def test_asking_for_the_headers_alone_is_answered_without_the_page(ask: Ask, token: str) -> None:
    page, headers = ask("GET", token), ask("HEAD", token)
    assert headers == page | {"body": ""}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "post"])
def test_other_methods_are_not_allowed(world: FeedbackWorld, ask: Ask, token: str, address: str, method: str) -> None:
    answer = ask(method, token)
    assert (answer["statusCode"], answer["multiValueHeaders"]["Allow"]) == (405, ["GET, HEAD, POST"])
    assert unsubscribed(world, address) == {}


def test_a_query_without_values_is_none(ask: Ask) -> None:
    assert ask("GET", None, multiValueQueryStringParameters=None)["statusCode"] == 400
    assert ask("GET", None, multiValueQueryStringParameters={"token": []})["statusCode"] == 400


@pytest.mark.parametrize("missing", ["key", "table"])
def test_while_something_does_not_answer_the_page_says_when_to_come_back(
    world: FeedbackWorld, key: str, token: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing == "table":
        monkeypatch.setattr(FeedbackWorld, "suppressed", "no-such-table")
    handle = Handler(world, key if missing == "table" else str(uuid4())).handle
    answer = handle({"httpMethod": "POST", "multiValueQueryStringParameters": {"token": [token]}}, None)
    assert (answer["statusCode"], answer["multiValueHeaders"]["Retry-After"]) == (503, ["60"])


def test_a_service_that_keeps_silent_is_told_before_the_functions_ten_seconds_are_over(
    world: FeedbackWorld, key: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "DEFAULT_REGION": "ap-northeast-1"}
    for name, value in names.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{silent.getsockname()[1]}")
        handle = Handler(world, key, kms=Clients(retry=PROMPT).kms).handle
        started = time.monotonic()
        answer = handle({"httpMethod": "GET", "multiValueQueryStringParameters": {"token": [token]}}, None)
    assert answer["statusCode"] == 503
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(("method", "right"), [("GET", True), ("POST", True), ("POST", False), ("PUT", True)])
def test_no_answer_is_kept_framed_sniffed_or_told_to_others(ask: Ask, token: str, method: str, *, right: bool) -> None:
    headers = ask(method, token if right else "wrong")["multiValueHeaders"]
    assert headers["Cache-Control"] == ["no-store"]
    assert headers["Content-Type"] == ["text/html; charset=utf-8"]
    assert headers["X-Content-Type-Options"] == ["nosniff"]
    assert headers["Referrer-Policy"] == ["no-referrer"]
    policy = headers["Content-Security-Policy"][0]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_the_policy_allows_the_pages_own_style_and_nothing_else(ask: Ask, token: str) -> None:
    answer = ask("GET", token)
    found = re.search("<style>(.*)</style>", answer["body"], re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer["multiValueHeaders"]["Content-Security-Policy"][0]
    assert not {"script", "img", "link"} & {tag for tag, _ in Page(answer["body"]).tags}


def test_a_page_shows_neither_the_address_nor_the_token(ask: Ask, token: str, address: str) -> None:
    for method in ("GET", "POST"):
        page = ask(method, token)["body"]
        assert masked(address) in page
        assert address not in page
        assert token not in page


def test_nothing_that_is_shown_is_read_as_html(world: FeedbackWorld, key: str, ask: Ask) -> None:
    header = world.links(key).headers('<script>@"><img src=x>.example', request_id="r")["List-Unsubscribe"]
    page = ask("GET", urlsplit(header.strip("<>")).query.partition("=")[2])["body"]
    assert not {"script", "img", "tokyo"} & {tag for tag, _ in Page(page).tags}
    assert "Edgepost &lt;Tokyo&gt; &amp; Co" in page


@pytest.mark.parametrize(
    ("address", "shown"), [("ann@example.com", "a…@example.com"), ("a@b.jp", "a…@b.jp"), ("@b.jp", "…@b.jp")]
)
def test_an_address_is_shown_so_that_only_its_owner_knows_it(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_the_log_names_no_address(ask: Ask, token: str, address: str, caplog: pytest.LogCaptureFixture) -> None:
    ask("POST", token)
    ask("POST", "wrong")
    assert [record.event for record in caplog.records] == ["unsubscribed", "bad_link"]  # type: ignore[attr-defined]
    assert address not in " ".join(str(vars(record)) for record in caplog.records)
