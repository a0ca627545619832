"""CloudFormation as a custom resource sees it: requests, and where it awaits the answers."""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, TypeVar


class ResponseAddress(HTTPServer):
    """Where CloudFormation awaits the answers to its requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Put)
        self.answers: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        self.status = 200

    def request(self, kind: str, properties: Mapping[str, str], *, physical_id: str = "") -> dict[str, Any]:
        """A request of CloudFormation's that is to be answered here."""
        known = {"PhysicalResourceId": physical_id} if physical_id else {}
        return {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{self.server_port}/answer?signature=s",
            "StackId": "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/edgepost/guid",
            "RequestId": "request-1",
            "LogicalResourceId": "Resource",
            "ResourceType": "Custom::Resource",
            "ResourceProperties": dict(properties),
            **known,
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


Address = TypeVar("Address", bound=ResponseAddress)


@contextmanager
def answering(address: Address) -> Generator[Address]:
    """Let it take answers for a while."""
    with address:
        threading.Thread(target=address.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield address
        address.shutdown()
