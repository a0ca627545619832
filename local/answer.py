"""What a web server has answered, as commands and tests look at it."""

import http.client
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer; a redirect is one too, and is not followed."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, *, headers: dict[str, str], body: bytes | None
) -> Answer:
    """Send one request, the path as it is, and close the connection."""
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return Answer(status=response.status, headers=response.headers, body=response.read())
    finally:
        connection.close()
