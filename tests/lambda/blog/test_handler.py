"""What goes in and out of Lambda: the load balancer's events with multi-value headers, and invitations."""

import base64
import importlib
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from apig_wsgi import make_lambda_handler
from werkzeug.test import encode_multipart

from blog.images import LARGEST, Image
from blog.posts import Draft
from tests.blog_world import ENVIRONMENT, PNG, BlogWorld, token_of

TARGET_GROUP = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/blog/0123456789abcdef"
ALB_JSON_LIMIT = 1_000_000

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def handler(world: BlogWorld, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The real handler, made of an environment as Lambda gives it, over the world's stand-ins."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("blog.handler")
    monkeypatch.setattr(module, "answer", make_lambda_handler(world.app))
    parts = world.parts
    invitations = module.Invitations(authors=parts.authors, links=parts.links, mailer=parts.mailer)
    monkeypatch.setattr(module, "invitations", invitations)
    return module


@pytest.fixture
def ask(handler: ModuleType) -> Answer:
    """Call the handler with an event in the documented shape."""

    def asked(
        path: str, method: str = "GET", *, query: Any = None, body: bytes = b"", **headers: Any
    ) -> dict[str, Any]:
        event = {
            "requestContext": {"elb": {"targetGroupArn": TARGET_GROUP}},
            "httpMethod": method,
            "path": path,
            "multiValueQueryStringParameters": query or {},
            "multiValueHeaders": {"host": ["blog.internal"], "x-forwarded-for": ["198.51.100.1, 203.0.113.9"]}
            | headers,
            "body": base64.b64encode(body).decode() if body else "",
            "isBase64Encoded": bool(body),
        }
        return handler.handle(event, object())

    return asked


def headers_of(answer: dict[str, Any], name: str) -> list[str]:
    return next((values for key, values in answer["multiValueHeaders"].items() if key.lower() == name), [])


def test_a_page_comes_back_as_text_with_lists_of_headers(world: BlogWorld, ask: Answer) -> None:
    world.tables.store("東京の朝", Draft(title="東京の朝", summary="", body="Text"))
    answer = ask("/posts/%E6%9D%B1%E4%BA%AC%E3%81%AE%E6%9C%9D")
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert "東京の朝" in answer["body"]
    assert headers_of(answer, "content-type") == ["text/html; charset=utf-8"]
    assert "headers" not in answer


def test_the_largest_picture_goes_in_and_out_within_the_load_balancers_limit(world: BlogWorld, ask: Answer) -> None:
    image = Image(content_type="image/png", content=PNG + b"\xff" * (LARGEST - len(PNG)))
    world.tables.store("a", Draft(title="t", summary="", body="b", image=image))
    answer = ask(f"/images/{image.id}")
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == image.content
    assert len(json.dumps(answer)) < ALB_JSON_LIMIT


def test_an_answer_without_a_body_is_valid_too(ask: Answer) -> None:
    etag = headers_of(ask("/"), "etag")
    answer = ask("/", **{"if-none-match": etag})
    assert (answer["statusCode"], answer["body"]) == (304, "")


def test_repeated_and_encoded_query_values_are_read(world: BlogWorld, ask: Answer) -> None:
    for number in range(11):
        world.tables.store(f"p{number}", Draft(title=f"Title {number}", summary="", body="b"))
    assert "page 2" in ask("/", query={"page": ["2", "1"]})["body"]
    assert "page 2" in ask("/", query={"page": ["%32"]})["body"]
    assert ask("/", query={"page": ["%E4%BA%8C"]})["statusCode"] == 404
    assert 'value="a b&amp;c+é"' in ask("/sign-in/link", query={"token": ["a%20b%26c%2B%C3%A9"]})["body"]


@pytest.mark.parametrize("joined", [True, False])
def test_cookies_are_read_whether_they_come_in_one_header_or_in_several(
    world: BlogWorld, ask: Answer, joined: bool
) -> None:
    token = token_of(world.parts.links.make(world.tables.invite("taro@example.com"), site_url=""))
    csrf = headers_of(ask("/contact"), "set-cookie")[0].partition(";")[0]
    body = f"csrf_token={csrf.partition('=')[2]}&token={token}".encode()
    form = {"content-type": ["application/x-www-form-urlencoded"]}
    session = headers_of(ask("/sign-in/link", "POST", body=body, cookie=[csrf], **form), "set-cookie")[0].partition(
        ";"
    )[0]
    cookies = ["other=1", csrf, session]
    assert ask("/write", cookie=["; ".join(cookies)] if joined else cookies)["statusCode"] == 200


def test_several_cookies_go_out_as_several_headers(world: BlogWorld, ask: Answer) -> None:
    world.app.add_url_rule("/two", view_func=two_cookies)
    cookies = headers_of(ask("/two"), "set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["a", "b"]


def two_cookies() -> Any:
    return "", 200, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


def test_a_binary_form_is_read(world: BlogWorld, ask: Answer) -> None:
    author = world.browser()
    author.sign_in()
    names = ("__Host-csrf", "__Host-session")
    cookie = "; ".join(f"{name}={author.cookie(name)}" for name in names)
    fields = {"csrf_token": author.cookie("__Host-csrf"), "title": "Binary", "summary": "", "body": "b"}
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    answer = ask("/write", "POST", body=body, cookie=[cookie], **{"content-type": [kind]})
    assert (answer["statusCode"], headers_of(answer, "location")) == (303, ["/write?saved=binary"])


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/", "/%2F%2Felsewhere.example/", "/\\elsewhere.example", "/write/"]
)
def test_no_path_leads_away_from_the_site(ask: Answer, path: str) -> None:
    answer = ask(path)
    assert answer["statusCode"] == 404
    assert headers_of(answer, "location") == []


def test_the_host_that_is_asked_for_appears_nowhere(ask: Answer) -> None:
    for path in ("/", "/write", "/sign-in", "/none"):
        answer = ask(path, host=["attacker.example"])
        assert "attacker.example" not in json.dumps(answer)


def test_the_load_balancers_health_check_is_answered(world: BlogWorld, ask: Answer) -> None:
    world.redis.broken = world.tables.away = True
    assert ask("/health", **{"user-agent": ["ELB-HealthChecker/2.0"]})["statusCode"] == 200


def test_an_operator_invites_an_author_who_can_then_sign_in(world: BlogWorld, handler: ModuleType) -> None:
    invitation = {"email": "New@Example.com", "site_url": "http://127.0.0.1:8080"}
    answer = handler.handle({"invite": invitation}, object())
    assert answer == {"email": "new@example.com", "message_id": "message-1", "expires_minutes": 30}
    mail = json.loads(world.queue.bodies[0])
    assert mail["to"] == ["new@example.com"]
    assert "http://127.0.0.1:8080/sign-in/link?token=" in mail["text"]
    assert world.browser().post("/sign-in/link", {"token": token_of(mail["text"])}).status_code == 303


@pytest.mark.parametrize(
    ("invitation", "named"),
    [
        (None, "object"),
        ("x", "object"),
        ({}, "email"),
        ({"email": "a@example.com"}, "site_url"),
        ({"email": 1, "site_url": "http://a.example"}, "email"),
        ({"email": "nobody", "site_url": "http://a.example"}, "'nobody'"),
        ({"email": "a@example.com", "site_url": "javascript:alert(1)"}, "site_url"),
        ({"email": "a@example.com", "site_url": "http://a.example/path?x"}, "site_url"),
        ({"email": "a@example.com", "site_url": "http://a.example", "role": "root"}, "role"),
    ],
)
def test_a_wrong_invitation_is_one_line_of_what_is_wrong(
    world: BlogWorld, handler: ModuleType, invitation: object, named: str
) -> None:
    answer = handler.handle({"invite": invitation}, object())
    assert list(answer) == ["error"]
    assert named in answer["error"]
    assert "\n" not in answer["error"]
    assert world.queue.bodies == []


@pytest.mark.parametrize("away", ["database", "redis", "queue"])
def test_an_invitation_says_what_is_away(world: BlogWorld, handler: ModuleType, away: str) -> None:
    world.tables.away, world.redis.broken, world.queue.away = (away == part for part in ("database", "redis", "queue"))
    answer = handler.handle({"invite": {"email": "a@example.com", "site_url": "http://a.example"}}, object())
    assert list(answer) == ["error"]
    assert answer["error"]
