"""One command on a Redis server: `{"command": ["get", "key"]}` -> `{"answer": ...}` or `{"error": "one line"}`."""

from typing import Any

import redis

from data_access.redis_server import RedisServer, connect


def answer(event: Any, *, server: RedisServer) -> dict[str, Any]:  # noqa: ANN401
    """Answer an event, whatever it is."""
    match event:
        case {"command": [str(name), *rest]} if name.strip() and all(isinstance(part, str) for part in rest):
            return _run([name, *rest], server=server)
        case _:
            return {"error": f'event is {event!r}, expected {{"command": ["get", "key"]}}: a list of strings'}


def _run(command: list[str], *, server: RedisServer) -> dict[str, Any]:
    # A connection of its own, so that no command leaves anything behind for the next.
    with connect(server) as client:
        # Answers as they come, not as redis-py would dress them.
        client.response_callbacks.clear()
        try:
            answered = client.execute_command(*command)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        except (redis.RedisError, UnicodeEncodeError) as error:
            return {"error": _one_line(error)}
        return {"answer": _plain(answered)}


def _plain(value: Any) -> Any:  # noqa: ANN401
    """What Redis answers, as JSON can hold it; bytes that are no UTF-8 become `\\x..`."""
    match value:
        case bytes():
            return value.decode(errors="backslashreplace")
        case list():
            return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case Exception():
            return {"error": _one_line(value)}
        case _:
            return value


def _one_line(error: Exception) -> str:
    """An error with its code, such as NOPERM, which redis-py takes off its text."""
    code = getattr(error, "status_code", None) or ""
    return " ".join(f"{code} {error}".split())
