"""What CloudFormation hears, whatever happens."""

from typing import Any
from urllib.error import HTTPError

import pytest

from blog_schema import handler

pytestmark = pytest.mark.usefixtures("role")


@pytest.fixture(autouse=True)
def _a_database_that_nobody_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_HOST", "localhost")
    monkeypatch.setenv("DATABASE_PORT", "9")
    monkeypatch.setenv("DATABASE_NAME", "blog")
    monkeypatch.setenv("DATABASE_USER", "master")
    monkeypatch.setenv("DATABASE_PATIENCE_SECONDS", "0.1")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The work itself is left out; what it is asked for is noted."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(handler, "bring_up_to_date", lambda properties, **_: asked.append(properties))
    return asked


def fails_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(handler, "bring_up_to_date", fail)


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_success_is_answered(cloudformation: Any, context: Any, work: list[Any], request_type: str) -> None:
    event = cloudformation.event(request_type)
    handler.handle(event, context)
    assert work == [event["ResourceProperties"]]
    assert cloudformation.answers == [
        {
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "blog-schema",
            "StackId": event["StackId"],
            "RequestId": "request-1",
            "LogicalResourceId": "Resource",
        }
    ]


def test_delete_is_answered_and_nothing_is_done(cloudformation: Any, context: Any, work: list[Any]) -> None:
    handler.handle(cloudformation.event("Delete"), context)
    assert [answer["Status"] for answer in cloudformation.answers] == ["SUCCESS"]
    assert work == []


def test_a_failure_is_answered_with_its_reason_in_one_line(
    cloudformation: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(monkeypatch, ValueError("the first line\n  and the second"))
    handler.handle(cloudformation.event(), context)
    [answer] = cloudformation.answers
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "ValueError: the first line and the second")


def test_a_database_that_nobody_reaches_is_answered(cloudformation: Any, context: Any) -> None:
    handler.handle(cloudformation.event(), context)
    [answer] = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("DatabaseUnavailable: database 'localhost' did not answer within 0.1 s")


def test_settings_that_are_missing_are_answered(
    cloudformation: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_HOST")
    handler.handle(cloudformation.event(), context)
    [answer] = cloudformation.answers
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "KeyError: 'DATABASE_HOST'")


def test_an_answer_that_is_not_taken_is_an_error_so_that_lambda_tries_again(
    cloudformation: Any, context: Any, work: list[Any]
) -> None:
    cloudformation.status = 503
    with pytest.raises(HTTPError):
        handler.handle(cloudformation.event(), context)
    assert len(work) == 1
