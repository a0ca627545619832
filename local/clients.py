"""Clients of an embedded cloud, whatever profile, proxy or endpoint the user's environment names."""

import functools
from typing import Any

import boto3
from botocore.config import Config

HOST = "127.0.0.1"
FAKE_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@functools.cache
def client(endpoint: str, service: str, region: str) -> Any:  # noqa: ANN401 (boto3 makes the class at run time)
    """Return a client of boto3."""
    session = boto3.Session(
        aws_access_key_id=FAKE_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=FAKE_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=region,
    )
    # No retries: a test sees the first answer, and a send is never repeated behind its back.
    config = Config(proxies={}, retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=64)
    make: Any = session.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] (one overload each)
    return make(service, endpoint_url=endpoint, config=config)
