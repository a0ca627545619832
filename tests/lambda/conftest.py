"""Fixtures that the tests of several functions share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def signing_keys() -> Iterator[None]:
    """What IAM tokens are signed with, for what several tests connect to."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "ap-northeast-1"}.items():
            patch.setenv(f"AWS_{name}", value)
        yield


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Lambda puts into the environment of a function with a role."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "an/example+key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a/session+token==")
    monkeypatch.setenv("AWS_REGION", "ap-northeast-1")
