"""Asks an origin: a load balancer of the embedded cloud, or a server on loopback."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError, TimeoutError  # noqa: A004
from urllib3.util import Retry, Timeout

from local.edge import forwarding
from local.edge.distribution import Behavior, Origin
from local.edge.messages import Answer, Request, without
from local.edge.viewer import error

HOST = "127.0.0.1"
LOOPBACK = frozenset({HOST, "localhost"})
LOAD_BALANCER_SUFFIX = ".alb.localhost"
"""Names of load balancers end so in the embedded cloud, and all listen where it does."""
NAMED = "x-local-load-balancer"
"""Tells the emulator which one is meant, whatever Host goes to the origin."""
SIMULTANEOUS = 64
HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-authenticate", "trailer", "transfer-encoding", "upgrade"})
REPEATABLE = frozenset({"GET", "HEAD"})


class Origins:
    """Asks them, each on connections that are kept."""

    def __init__(self, *, emulator_port: int) -> None:
        self._emulator_port = emulator_port
        self._pools = urllib3.PoolManager(num_pools=SIMULTANEOUS, maxsize=SIMULTANEOUS)
        self._threads = ThreadPoolExecutor(SIMULTANEOUS, thread_name_prefix="origin")
        self.requests = 0
        """How many have been asked for so far."""

    async def ask(
        self,
        request: Request,
        behavior: Behavior,
        origin: Origin,
        *,
        encodings: tuple[str, ...],
        conditions: dict[str, str],
    ) -> Answer:
        """Return what an origin answers to a viewer's request under `conditions`, or what CloudFront does for it."""
        self.requests += 1
        headers = forwarding.headers(request, behavior, origin, encodings=encodings) | conditions
        balancer = _load_balancer(origin)
        if balancer:
            address = f"http://{HOST}:{self._emulator_port}"  # which speaks plain HTTP for every listener
            headers[NAMED] = balancer
        else:
            address = _address(request, origin)
        url = address + forwarding.target(request, behavior, origin)
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._ask(request, origin, url, headers)
        )

    def _ask(self, request: Request, origin: Origin, url: str, headers: dict[str, str]) -> Answer:
        host = urlsplit(url).hostname
        if host not in LOOPBACK:
            return error(HTTPStatus.BAD_GATEWAY, f"origin {host} is not on loopback, and the local edge asks no other")
        try:
            response = self._pools.request(
                request.method,
                url,
                body=request.body or None,
                headers=headers,
                timeout=Timeout(connect=origin.connect_seconds, read=origin.read_seconds),
                retries=Retry(
                    origin.attempts - 1,
                    redirect=False,
                    status=False,
                    respect_retry_after_header=False,
                    allowed_methods=REPEATABLE,
                ),
                redirect=False,
                decode_content=False,
            )
        except (MaxRetryError, ReadTimeoutError) as failure:
            return error(_status(failure), f"{origin.domain_name}: {failure}")
        except urllib3.exceptions.HTTPError as failure:
            return error(HTTPStatus.BAD_GATEWAY, f"{origin.domain_name}: {failure}")
        received = tuple(response.headers.iteritems())
        return Answer(status=response.status, headers=without(received, HOP_BY_HOP), body=response.data)


def _load_balancer(origin: Origin) -> str:
    """Return the name of the load balancer that is meant, by the ARN of a VPC origin or by its own name."""
    if origin.load_balancer:
        return origin.load_balancer.split("/")[-2].lower() + LOAD_BALANCER_SUFFIX
    return origin.domain_name if origin.domain_name.endswith(LOAD_BALANCER_SUFFIX) else ""


def _address(request: Request, origin: Origin) -> str:
    match_viewer = "https" if request.tls else "http"
    scheme = {"http-only": "http", "https-only": "https"}.get(origin.protocol, match_viewer)
    return f"{scheme}://{origin.domain_name}:{origin.ports[scheme]}"


def _status(failure: MaxRetryError | ReadTimeoutError) -> HTTPStatus:
    """Tell an origin that says nothing from one that is not there ("HTTP 502" and "HTTP 504 status code")."""
    reason = failure.reason if isinstance(failure, MaxRetryError) else failure
    silent = isinstance(reason, TimeoutError) and not isinstance(reason, NewConnectionError)
    return HTTPStatus.GATEWAY_TIMEOUT if silent else HTTPStatus.BAD_GATEWAY
