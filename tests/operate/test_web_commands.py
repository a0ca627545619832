"""`make redis` and `make author` against a stand-in for the deployed functions."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from operate import author, redis, web
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]


@dataclass
class Functions:
    """Answers every invocation with the same thing and keeps the question."""

    answer: dict[str, Any] = field(default_factory=dict)
    failed: bool = False
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        self.asked.append((FunctionName, json.loads(Payload)))
        failure = {"FunctionError": "Unhandled"} if self.failed else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode())} | failure


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    stand_in = Functions()
    outputs = {"RedisConsoleFunction": "console", "BlogFunction": "blog", "LoadBalancer": "site.localhost"}

    def find(_: str) -> web.Web:
        return web.Web(outputs=outputs, functions=stand_in)  # type: ignore[arg-type]

    monkeypatch.setattr(web, "find", find)
    for name in ("STAGE", "CMD", "EMAIL", "URL"):
        monkeypatch.delenv(name, raising=False)
    return stand_in


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("get key", ["get", "key"]),
        ("set key 'two words'", ["set", "key", "two words"]),
        ('set key "say \\"hi\\""', ["set", "key", 'say "hi"']),
        ("keys *", ["keys", "*"]),
    ],
)
def test_a_command_is_split_as_a_shell_splits_it(command: str, words: list[str]) -> None:
    assert redis.words(command) == words


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("OK", ["OK"]),
        (None, ["(nil)"]),
        (3, ["(integer) 3"]),
        ([], ["(empty array)"]),
        (["a", None, 2], ["1) a", "2) (nil)", "3) (integer) 2"]),
        ("one\ntwo", ["one", "two"]),
        ("\x1b[31mred", ["\\x1b[31mred"]),
    ],
)
def test_an_answer_is_shown_as_redis_cli_shows_it(answer: object, shown: list[str]) -> None:
    assert redis.lines(answer) == shown


def test_make_redis_asks_the_console_function(
    functions: Functions, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMD", "get cache:post:a")
    functions.answer = {"answer": "value"}
    assert command("redis", redis.main) == (0, ["value"], [])
    assert functions.asked == [("console", {"command": ["get", "cache:post:a"]})]


@pytest.mark.parametrize(
    ("cmd", "line"),
    [
        ("", "redis: CMD is empty; set it as in: make redis CMD='get key'"),
        ("get 'key", 'redis: CMD "get \'key" cannot be read: no closing quotation'),
    ],
)
def test_a_command_that_cannot_be_read_is_one_clear_line(
    cmd: str, line: str, functions: Functions, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMD", cmd)
    assert command("redis", redis.main) == (2, [], [line])
    assert not functions.asked


def test_what_redis_refuses_is_one_line(
    functions: Functions, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMD", "flushall")
    functions.answer = {"error": "NOPERM this user may not run flushall"}
    assert command("redis", redis.main) == (2, [], ["redis: NOPERM this user may not run flushall"])


def test_a_function_that_fails_is_named(
    functions: Functions, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMD", "ping")
    functions.answer, functions.failed = {"errorMessage": "boom"}, True
    assert command("redis", redis.main) == (2, [], ["redis: function console failed: boom; see its log"])


def test_an_author_is_invited_with_a_link_to_the_given_address(
    functions: Functions, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL", "hana@example.com")
    monkeypatch.setenv("URL", "https://blog.example.com")
    functions.answer = {"email": "hana@example.com", "message_id": "m-1", "expires_minutes": 30}
    code, lines, errors = command("author", author.main)
    assert (code, errors) == (0, [])
    assert functions.asked == [
        ("blog", {"invite": {"email": "hana@example.com", "site_url": "https://blog.example.com"}})
    ]
    assert "works once within 30 minutes" in lines[0]
    assert "message m-1" in lines[1]


def test_the_link_leads_to_the_site_of_the_stage(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    def site_url(name: str) -> str:
        return f"https://{name}.example.com"

    monkeypatch.setattr(web, "site_url", site_url)
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("EMAIL", "hana@example.com")
    functions.answer = {"email": "hana@example.com", "message_id": "m-1", "expires_minutes": 30}
    assert author.main() == 0
    assert functions.asked[0][1]["invite"]["site_url"] == "https://prod.example.com"


@pytest.mark.usefixtures("functions")
def test_without_an_address_nobody_is_invited(command: Command) -> None:
    line = "author: EMAIL is empty; set it as in: make author EMAIL=you@example.com"
    assert command("author", author.main) == (2, [], [line])
