"""A function as a load balancer's target: the event it gets for a request, and the response its answer makes.

The shapes are those of "Use Lambda functions as targets of an Application Load Balancer" (User Guide for Application
Load Balancers), the status codes those of "Troubleshoot your Application Load Balancers", the reasons those that
access logs give as "Error reason codes".
"""

import base64
import binascii
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from local.emulator.ministack import Json, Response

SIZE_LIMIT = 1024 * 1024
"""Bytes of a request's body, and of a function's whole answer."""
TEXT = ("text/", "application/json", "application/javascript", "application/xml")
"""Content types whose bodies a function gets as they are; all others come in Base64, as do encoded ones."""
CONNECTION_HEADERS = {
    "connection",
    "content-length",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""What concerns one connection only, or what the load balancer computes itself."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came: path and query still URL-encoded, header names in lower case and maybe several times."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes


class AnswerError(Exception):
    """A function's answer that the load balancer cannot send; its text is the reason code."""


def event(request: Request, *, target_group: str, multi_value: bool) -> Json:
    """Return the event that a function gets."""
    headers = _lists(request.headers)
    # Not decoded: "If the query parameters are URL-encoded, the load balancer does not decode them."
    query = _lists([(name, value) for name, _, value in (each.partition("=") for each in _parts(request.query))])
    body, encoded = _event_body(request.body, headers)
    return {
        "requestContext": {"elb": {"targetGroupArn": target_group}},
        "httpMethod": request.method,
        "path": request.path,
        **(
            {"multiValueQueryStringParameters": query, "multiValueHeaders": headers}
            if multi_value
            else {"queryStringParameters": _last_values(query), "headers": _last_values(headers)}
        ),
        "body": body,
        "isBase64Encoded": encoded,
    }


def response(answer: object, *, multi_value: bool) -> Response:
    """Return the response that a function's answer stands for."""
    if len(json.dumps(answer, ensure_ascii=False).encode()) > SIZE_LIMIT:
        raise AnswerError("LambdaResponseTooLarge")
    try:
        return _response(answer, multi_value=multi_value)
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error) as reason:
        raise AnswerError("LambdaInvalidResponse") from reason


def error(status: HTTPStatus) -> Response:
    """Return a response of the load balancer's own."""
    title = f"{status.value} {status.phrase}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n"
    )
    return status.value, {"content-type": "text/html"}, f"{page}</html>\r\n".encode()


def _parts(query: str) -> list[str]:
    return [each for each in query.split("&") if each]


def _lists(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


def _last_values(lists: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in lists.items()}


def _event_body(body: bytes, headers: dict[str, list[str]]) -> tuple[str, bool]:
    """Return the body as the event has it, and whether that is Base64."""
    content_type = headers.get("content-type", [""])[-1]
    if not body or (content_type.startswith(TEXT) and "content-encoding" not in headers):
        return body.decode(errors="replace"), False
    return base64.b64encode(body).decode(), True


def _response(answer: Any, *, multi_value: bool) -> Response:  # noqa: ANN401 (whatever a function has returned)
    status = HTTPStatus(answer["statusCode"])
    headers: dict[str, Any] = answer.get("multiValueHeaders" if multi_value else "headers") or {}
    kept = {name: value for name, value in headers.items() if name.lower() not in CONNECTION_HEADERS}
    if any(isinstance(value, str) is multi_value for value in kept.values()):
        raise ValueError
    body: str = answer.get("body") or ""
    decoded = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    return status.value, kept, decoded
