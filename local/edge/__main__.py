"""Run the edge: `python -m local.edge`, on sockets that are open already, until its input ends."""

import asyncio
import os
import socket
import sys
from typing import Any

from hypercorn.asyncio import serve  # pyright: ignore[reportUnknownVariableType]

from local.clients import HOST, client
from local.edge.access_log import AccessLog
from local.edge.cache import Cache
from local.edge.deployed import Deployed
from local.edge.edge import Edge
from local.edge.origin import Origins
from local.edge.reading import Reader
from local.edge.server import ListenerConfig, Server

REGION = "us-east-1"
"""Where CloudFront and its logs are."""


async def main() -> None:
    """Serve until who has started this ends, in whatever way: then the input is over."""
    emulator_port = int(os.environ["GATEWAY_PORT"])
    http, https = (int(number) for number in os.environ["EDGE_SOCKETS"].split(","))
    endpoint = f"http://{HOST}:{emulator_port}"
    cache = Cache()
    edge = Edge(origins=Origins(emulator_port=emulator_port), tls_port=_port(https), cache=cache)
    deployed = Deployed(Reader(client(endpoint, "cloudfront", REGION)), cache)
    access_log = AccessLog(client(endpoint, "logs", REGION), client(endpoint, "s3", REGION))
    server = Server(edge=edge, deployed=deployed, access_log=access_log)
    over = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(over), sys.stdin)
    run: Any = serve  # pyright: ignore[reportUnknownVariableType] (takes any kind of application)
    await run(server, ListenerConfig(http=http, https=https), shutdown_trigger=over.read)


def _port(number: int) -> int:
    with socket.socket(fileno=os.dup(number)) as opened:
        return int(opened.getsockname()[1])


if __name__ == "__main__":
    asyncio.run(main())
