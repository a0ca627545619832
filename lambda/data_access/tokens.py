"""IAM tokens: the passwords of Redis and PostgreSQL, signed here and now without a call to AWS.

A token is a presigned request without its scheme, and can open a connection for 15 minutes (ElastiCache user guide,
"Authenticating with IAM"; Aurora user guide, "IAM database authentication"). Signing takes a fraction of a
millisecond, so every connection gets a token of its own.
"""

import os
from urllib.parse import urlencode

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

VALID_SECONDS = 900


def redis_token(*, name: str, user: str) -> str:
    """Sign in `user` at the replication group `name`, which ElastiCache expects in lower case."""
    return _signed(service="elasticache", endpoint=f"{name.lower()}/", query={"Action": "connect", "User": user})


def postgres_token(*, host: str, port: int, user: str) -> str:
    """Sign in `user` at the database endpoint `host`."""
    return _signed(service="rds-db", endpoint=f"{host}:{port}/", query={"Action": "connect", "DBUser": user})


def _signed(*, service: str, endpoint: str, query: dict[str, str]) -> str:
    # The keys of a function's role, as Lambda documents them in "Defined runtime environment variables".
    credentials = Credentials(
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ.get("AWS_SESSION_TOKEN")
    )
    request = AWSRequest(method="GET", url=f"https://{endpoint}?{urlencode(query)}")
    SigV4QueryAuth(credentials, service, os.environ["AWS_REGION"], expires=VALID_SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")
