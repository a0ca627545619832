"""How many hits a second the local edge answers, to clients that keep their connections."""

import asyncio
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from local.cloud import HOST, Cloud, start
from local.servers.server import free_port
from tests.local.edge.site import OriginServer, behavior, cache_policy, custom_origin, distribution

PATH = "/assets/site.css"
BODY = b"body { margin: 0 }\n" * 512
SECONDS = 4.0
END_OF_HEADERS = b"\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Hits:
    """What some clients got side by side."""

    per_second: float
    p50_ms: float
    p99_ms: float


@contextmanager
def warm_edge() -> Generator[tuple[Cloud, str]]:
    """An embedded cloud with one distribution whose edge keeps PATH already; yields it and its domain name."""
    with TemporaryDirectory() as folder:
        cloud = start(port=free_port(), state=Path(folder))
        origin = OriginServer()
        try:
            yield cloud, _deploy(cloud, origin)
        finally:
            origin.close()
            cloud.stop()


def _deploy(cloud: Cloud, origin: OriginServer) -> str:
    cloudfront = cloud.client("cloudfront", "us-east-1")
    policy = cache_policy(cloudfront, ttl=(0, 0, 31_536_000), gzip=True)
    config = distribution(custom_origin(origin.port), default=behavior(policy))
    domain = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["DomainName"]
    origin.tell(PATH, body=BODY, cache_control="public, max-age=31536000, immutable", content_type="text/css")
    cloud.edge.look_again()
    cloud.edge.get(PATH, {"host": domain, "accept-encoding": "gzip, br"})
    return domain


def hits(cloud: Cloud, domain: str, *, clients: int) -> Hits:
    """Ask for what is kept, one request after the other in each client; anything but a hit is an error."""
    return asyncio.run(_hits(cloud.edge_port, domain, clients))


async def _hits(port: int, domain: str, clients: int) -> Hits:
    until = time.perf_counter() + SECONDS
    lists = await asyncio.gather(*(_client(port, domain, until) for _ in range(clients)))
    times = sorted(moment for each in lists for moment in each)
    p99 = times[int(len(times) * 0.99)]
    return Hits(per_second=len(times) / SECONDS, p50_ms=1000 * median(times), p99_ms=1000 * p99)


async def _client(port: int, domain: str, until: float) -> list[float]:
    """Return how long each answer took, in seconds."""
    request = f"GET {PATH} HTTP/1.1\r\nHost: {domain}\r\nAccept-Encoding: gzip, br\r\n\r\n".encode()
    times: list[float] = []
    while time.perf_counter() < until:
        reader, writer = await asyncio.open_connection(HOST, port)
        kept_alive = True
        # The edge ends a connection from time to time and says so.
        while kept_alive and (began := time.perf_counter()) < until:
            writer.write(request)
            head = await reader.readuntil(END_OF_HEADERS)
            await reader.readexactly(_length_of_hit(head.lower()))
            times.append(time.perf_counter() - began)
            kept_alive = b"connection: close" not in head.lower()
        writer.close()
    return times


def _length_of_hit(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: (\d+)", head)
    if found is None or b"\r\nx-cache: hit from cloudfront\r\n" not in head:
        raise ValueError(f"not a hit of the edge: {head.decode(errors='replace')}")
    return int(found[1])
