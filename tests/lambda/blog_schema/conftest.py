"""CloudFormation and Lambda as the custom resource sees them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

ROLE = "schema_blog"


class ResponseAddress(HTTPServer):
    """Where CloudFormation awaits the answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Put)
        self.answers: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        self.status = 200

    def event(self, request: str = "Create", *, sample_posts: str = "false") -> dict[str, Any]:
        """A request of CloudFormation's that is to be answered here."""
        return {
            "RequestType": request,
            "ResponseURL": f"http://127.0.0.1:{self.server_port}/answer?signature=s",
            "StackId": "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/edgepost/guid",
            "RequestId": "request-1",
            "LogicalResourceId": "Schema",
            "ResourceType": "Custom::BlogSchema",
            "ResourceProperties": {"Fingerprint": "f", "SamplePosts": sample_posts, "BlogRole": ROLE},
        }


class Put(BaseHTTPRequestHandler):
    """Notes what is put."""

    server: Any

    def do_PUT(self) -> None:
        length = int(self.headers["content-length"])
        self.server.answers.append(json.loads(self.rfile.read(length)))
        self.server.content_types.append(self.headers["content-type"])
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class Context:
    """Lambda's context object."""

    def __init__(self, milliseconds: int = 60_000) -> None:
        self.get_remaining_time_in_millis = lambda: milliseconds


@pytest.fixture
def cloudformation() -> Iterator[ResponseAddress]:
    with ResponseAddress() as address:
        threading.Thread(target=address.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield address
        address.shutdown()


@pytest.fixture
def context() -> Context:
    return Context()
