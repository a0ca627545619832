"""Lambda's way to the console."""

import os
from typing import Any

from data_access.redis_server import RedisServer
from redis_console.console import answer

server = RedisServer.from_environment("REDIS", os.environ)


def handle(event: Any, _context: object) -> dict[str, Any]:  # noqa: ANN401
    """Run one command."""
    return answer(event, server=server)
