"""Asking a load balancer of an embedded cloud, whose name only browsers and curl can resolve."""

import http.client
from collections.abc import Mapping

from local.answer import Answer, ask
from local.cloud import HOST, Cloud
from local.visitor import Visitor

SECONDS = 60


def visitor(cloud: Cloud, dns_name: str) -> Visitor:
    """Return somebody who asks the load balancer with this name, as CloudFront would."""

    def send(method: str, path: str, *, headers: Mapping[str, str], body: bytes | None) -> Answer:
        connection = http.client.HTTPConnection(HOST, cloud.port, timeout=SECONDS)
        host = {"host": f"{dns_name}:{cloud.port}"}
        return ask(connection, method, path, headers=host | dict(headers), body=body)

    return Visitor(send)
