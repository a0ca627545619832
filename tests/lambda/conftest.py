"""Fixtures that the tests of several functions share."""

import pytest


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Lambda puts into the environment of a function with a role."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "an/example+key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a/session+token==")
    monkeypatch.setenv("AWS_REGION", "ap-northeast-1")
