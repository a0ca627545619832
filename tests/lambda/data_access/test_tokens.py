"""Tokens, against what AWS's own library signs and what AWS documents."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore import auth
from botocore.credentials import Credentials
from botocore.model import ServiceId
from botocore.session import get_session
from botocore.signers import RequestSigner

from data_access.tokens import postgres_token, redis_token

pytestmark = pytest.mark.usefixtures("role")

HOST = "edgepost.cluster-c1.ap-northeast-1.rds.amazonaws.com"
NOW = dt.datetime(2026, 11, 24, 1, 2, 3, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: NOW)


@pytest.mark.parametrize("user", ["blog", "blog+reader@example"])
def test_a_token_for_postgresql_is_the_one_that_boto3_generates(user: str) -> None:
    boto3s = boto3.client("rds", region_name="ap-northeast-1").generate_db_auth_token(HOST, 5432, user)
    assert parts(postgres_token(host=HOST, port=5432, user=user)) == parts(boto3s)


@pytest.mark.parametrize("user", ["blog", "blog+reader@example"])
def test_a_token_for_redis_is_the_presigned_request_that_elasticache_documents(user: str) -> None:
    signer = RequestSigner(
        ServiceId("elasticache"),
        "ap-northeast-1",
        "elasticache",
        "v4",
        Credentials("AKIDEXAMPLE", "an/example+key", "a/session+token=="),
        get_session().get_component("event_emitter"),
    )
    documented = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": "http://edgepost-cache/",
            "body": {"Action": "connect", "User": user},
            "headers": {},
            "context": {},
        },
        operation_name="connect",
        expires_in=900,
        region_name="ap-northeast-1",
    )
    assert parts(redis_token(name="edgepost-cache", user=user)) == parts(documented.removeprefix("http://"))


def test_a_replication_group_is_named_in_lower_case() -> None:
    assert redis_token(name="Edgepost-Cache", user="blog").startswith("edgepost-cache/?Action=connect&User=blog&")


def test_tokens_are_valid_for_15_minutes() -> None:
    for token in (redis_token(name="cache", user="blog"), postgres_token(host=HOST, port=5432, user="blog")):
        assert parts(token)[2]["X-Amz-Expires"] == ["900"]
        assert parts(token)[2]["X-Amz-Date"] == ["20261124T010203Z"]


def test_each_token_is_signed_for_its_own_user_and_server() -> None:
    tokens = {
        parts(redis_token(name=name, user=user))[2]["X-Amz-Signature"][0]
        for name in ("cache", "sessions")
        for user in ("blog", "console")
    }
    assert len(tokens) == 4


def test_a_role_without_a_session_token_signs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert "X-Amz-Security-Token" not in redis_token(name="cache", user="blog")


def parts(token: str) -> tuple[str, str, dict[str, list[str]]]:
    """Host, path and parameters: their order means nothing."""
    split = urlsplit(f"//{token}")
    return split.netloc, split.path, parse_qs(split.query)
