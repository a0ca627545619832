"""Connections to an ElastiCache replication group."""

# redis-py's connections have types only in part.
# pyright: reportUnknownMemberType=false

import time
from collections.abc import Mapping
from dataclasses import dataclass
from socket import socket
from ssl import SSLContext, SSLSocket, create_default_context
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from data_access.tokens import redis_token

# ElastiCache closes a connection 12 hours after its sign-in by IAM ("Authenticating with IAM").
RENEW_SECONDS = 11 * 3600


@dataclass(frozen=True, kw_only=True)
class RedisServer:
    """Where a replication group is and who signs in."""

    host: str
    port: int
    name: str
    """The id of the replication group, which tokens are signed for."""
    user: str
    ca_file: str = ""
    """Certificates to check the server against; empty: the system's, where ElastiCache's authority is."""
    timeout_ms: int
    """How long an answer may take."""
    connect_timeout_ms: int
    """How long each step of connecting may take: the connection, TLS, the sign-in."""

    @classmethod
    def from_environment(cls, prefix: str, environ: Mapping[str, str]) -> "RedisServer":
        """Read the server of `prefix`, such as CACHE; raises KeyError for a variable that is missing."""
        return cls(
            host=environ[f"{prefix}_HOST"],
            port=int(environ[f"{prefix}_PORT"]),
            name=environ[f"{prefix}_NAME"],
            user=environ[f"{prefix}_USER"],
            ca_file=environ.get("CA_FILE", ""),
            timeout_ms=int(environ["CACHE_TIMEOUT_MS"]),
            connect_timeout_ms=int(environ["CACHE_CONNECT_TIMEOUT_MS"]),
        )


def connect(server: RedisServer) -> redis.Redis:
    """A client that any number of threads may share; it connects when first used.

    A connection that got lost, as by a restart of the server, is made anew at once, and only once; what takes too long
    is not tried again.
    """
    pool = redis.ConnectionPool(
        connection_class=Connection,
        host=server.host,
        port=server.port,
        credential_provider=IamSignIn(server),
        tls=create_default_context(cafile=server.ca_file or None),
        socket_timeout=server.timeout_ms / 1000,
        socket_connect_timeout=server.connect_timeout_ms / 1000,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        # RESP 2 and no name of the library: AUTH is then all that is sent before the first command, so that a user
        # needs no rights but those to the commands.
        protocol=2,
        driver_info=None,
    )
    return redis.Redis.from_pool(pool)


class IamSignIn(redis.CredentialProvider):
    """Signs a token for each new connection."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def get_credentials(self) -> tuple[str, str]:
        """The user and the token that is the password."""
        return self._server.user, redis_token(name=self._server.name, user=self._server.user)


class Connection(redis.SSLConnection):
    """Is made anew before ElastiCache closes it; TLS and sign-in have the time of connecting, not that of an answer.

    All connections of a client share one TLS context: reading the system's certificates takes tens of milliseconds.
    """

    renew_at: float

    def __init__(self, *, tls: SSLContext, **parameters: Any) -> None:  # noqa: ANN401
        super().__init__(**parameters)
        self._tls = tls

    def connect(self) -> None:
        """Connect where that is needed: the pool calls this before each use."""
        if self.is_connected and time.monotonic() > self.renew_at:
            self.disconnect()
        super().connect()

    def on_connect_check_health(self, check_health: bool = True) -> None:  # noqa: FBT001, FBT002
        """Sign in."""
        super().on_connect_check_health(check_health)
        self.update_current_socket_timeout(self.socket_timeout)
        self.renew_at = time.monotonic() + RENEW_SECONDS

    def _wrap_socket_with_ssl(self, sock: socket) -> SSLSocket:
        sock.settimeout(self.socket_connect_timeout)
        return self._tls.wrap_socket(sock, server_hostname=self.host)
