"""A load balancer hands requests to a function, and a function's answers to the client, as AWS documents it."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from local.cloud import Cloud
from local.load_balancer import visitor as visitor_of
from local.visitor import Visitor
from tests.cloud_parts import function_role, put_stack
from tests.local.balanced import ADMITTED, answering, balanced_function, event_of

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def outputs(cloud: Cloud) -> dict[bool, dict[str, str]]:
    """What two stacks have made: a load balancer with multi-value headers, and one without."""
    role = function_role(cloud, name=f"balanced-{uuid4().hex[:8]}", actions=["logs:*"])
    return {
        multi_value: put_stack(
            cloud,
            "create",
            f"balancer-{uuid4().hex[:8]}",
            balanced_function(role, multi_value=multi_value, permission=ADMITTED, port=port),
        )
        for multi_value, port in ((True, 80), (False, 8080))
    }


@pytest.fixture
def visitor(cloud: Cloud, outputs: dict[bool, dict[str, str]]) -> Visitor:
    return visitor_of(cloud, outputs[True]["Name"])


@pytest.fixture
def visitor_of_single_values(cloud: Cloud, outputs: dict[bool, dict[str, str]]) -> Visitor:
    return visitor_of(cloud, outputs[False]["Name"])


def test_the_name_leads_to_loopback_where_names_of_localhost_do(outputs: dict[bool, dict[str, str]]) -> None:
    assert outputs[True]["Name"].endswith(".alb.localhost")
    assert outputs[True]["Name"] != outputs[False]["Name"]


def test_with_multi_value_headers_a_function_gets_lists_only(
    visitor: Visitor, outputs: dict[bool, dict[str, str]]
) -> None:
    event = event_of(visitor.get("/a?b=1&b=2&c"))
    assert event.keys() == {
        "requestContext",
        "httpMethod",
        "path",
        "multiValueQueryStringParameters",
        "multiValueHeaders",
        "body",
        "isBase64Encoded",
    }
    assert event["requestContext"] == {"elb": {"targetGroupArn": outputs[True]["Group"]}}
    assert event["httpMethod"] == "GET"
    assert event["multiValueQueryStringParameters"] == {"b": ["1", "2"], "c": [""]}
    assert (event["body"], event["isBase64Encoded"]) == ("", False)


def test_without_multi_value_headers_a_function_gets_the_last_values_only(
    visitor_of_single_values: Visitor, outputs: dict[bool, dict[str, str]]
) -> None:
    event = event_of(visitor_of_single_values.get("/a?b=1&b=2"))
    assert event["queryStringParameters"] == {"b": "2"}
    assert event["headers"]["host"].startswith(outputs[False]["Name"])
    assert not event.keys() & {"multiValueHeaders", "multiValueQueryStringParameters"}


def test_path_and_query_stay_url_encoded(visitor: Visitor) -> None:
    event = event_of(visitor.get("/caf%C3%A9/a%2Fb%20c?q%5B%5D=x%20y+z%26"))
    assert event["path"] == "/caf%C3%A9/a%2Fb%20c"
    assert event["multiValueQueryStringParameters"] == {"q%5B%5D": ["x%20y+z%26"]}


def test_header_names_come_in_lower_case_and_invalid_ones_not_at_all(visitor: Visitor) -> None:
    headers = event_of(visitor.get("/", headers={"X-Given": "yes", "X_Forwarded_For": "10.0.0.1"}))["multiValueHeaders"]
    assert headers["x-given"] == ["yes"]
    assert all(name == name.lower() and "_" not in name for name in headers)


@pytest.mark.parametrize(("port", "single"), [("80", False), ("8080", True)])
def test_the_client_is_named_in_headers_that_it_cannot_forge(
    visitor: Visitor, visitor_of_single_values: Visitor, port: str, single: bool
) -> None:
    forged = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1"}
    asked = visitor_of_single_values if single else visitor
    event = event_of(asked.get("/", headers=forged))
    headers = event["headers"] if single else {name: each for name, [each] in event["multiValueHeaders"].items()}
    assert headers["x-forwarded-for"] == "192.0.2.1, 127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", port)
    assert headers["x-amzn-trace-id"].startswith("Root=1-")


@pytest.mark.parametrize(
    ("content_type", "encoding", "as_it_is"),
    [
        ("text/plain; charset=utf-8", None, True),
        ("application/json", None, True),
        ("application/javascript", None, True),
        ("application/xml", None, True),
        ("application/x-www-form-urlencoded", None, False),
        ("image/png", None, False),
        ("text/plain", "gzip", False),
    ],
)
def test_only_plain_text_comes_as_it_is(
    visitor: Visitor, content_type: str, encoding: str | None, as_it_is: bool
) -> None:
    headers = {"content-type": content_type, **({"content-encoding": encoding} if encoding else {})}
    event = event_of(visitor.request("POST", "/", headers=headers, body="é".encode()))
    assert event["isBase64Encoded"] is not as_it_is
    assert event["body"] == ("é" if as_it_is else base64.b64encode("é".encode()).decode())


def test_an_answer_keeps_its_status_headers_and_cookies(visitor: Visitor) -> None:
    cookies = ["a=1; Path=/", "b=2; HttpOnly"]
    answer = answering(
        visitor,
        {
            "statusCode": 303,
            "statusDescription": "303 See Other",
            "multiValueHeaders": {"Location": ["/there"], "Set-Cookie": cookies, "Transfer-Encoding": ["chunked"]},
            "body": "go",
        },
    )
    assert (answer.status, answer.text) == (303, "go")
    assert answer.headers["location"] == "/there"
    assert answer.headers.get_all("set-cookie") == cookies
    assert (answer.headers["content-length"], answer.headers["transfer-encoding"]) == ("2", None)
    assert event_of(visitor.get("/"))["multiValueHeaders"]["cookie"] == ["a=1; b=2"]


def test_an_answer_of_bytes_is_decoded(visitor: Visitor) -> None:
    content = bytes(range(256))
    body = base64.b64encode(content).decode()
    assert answering(visitor, {"statusCode": 200, "isBase64Encoded": True, "body": body}).body == content


def test_headers_of_the_wrong_kind_are_not_sent(visitor: Visitor, visitor_of_single_values: Visitor) -> None:
    single = {"statusCode": 200, "headers": {"x-single": "1"}}
    multiple = {"statusCode": 200, "multiValueHeaders": {"x-multiple": ["1"]}}
    assert "x-single" not in answering(visitor, single).headers
    assert "x-multiple" not in answering(visitor_of_single_values, multiple).headers
    assert answering(visitor_of_single_values, single).headers["x-single"] == "1"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {"body": "no status"},
        {"statusCode": "200"},
        {"statusCode": 200, "multiValueHeaders": {"x-one": "no list"}},
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": 200, "isBase64Encoded": True, "body": "no Base64!"},
    ],
)
def test_a_malformed_answer_is_a_bad_gateway(visitor: Visitor, answer: object) -> None:
    assert answering(visitor, answer).status == 502


def test_a_failed_invocation_is_a_bad_gateway_and_the_next_one_is_served(visitor: Visitor) -> None:
    failed = visitor.get("/fail")
    assert failed.status == 502
    assert "502 Bad Gateway" in failed.text
    assert visitor.get("/").status == 200


def test_a_request_of_more_than_1_mb_is_too_large(visitor: Visitor) -> None:
    assert visitor.request("POST", "/", body=b"x" * (MEBIBYTE + 1)).status == 413
    assert visitor.request("POST", "/log", body=b"x" * 700_000).status == 200


def test_an_answer_of_more_than_1_mb_is_a_bad_gateway(visitor: Visitor) -> None:
    # The event holds the body in Base64, and the answer holds the event.
    assert visitor.request("POST", "/", body=b"x" * 800_000).status == 502


def test_a_head_request_gets_headers_only(visitor: Visitor) -> None:
    answer = visitor.request("HEAD", "/")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("path", ["/health", "/Execute", "/_ministack/health", "/_alb/x/y", "/v2/email/identities"])
def test_a_path_that_the_cloud_itself_uses_reaches_the_function(visitor: Visitor, path: str) -> None:
    assert event_of(visitor.get(path))["path"] == path


def test_simultaneous_requests_run_side_by_side(visitor: Visitor) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = [json.loads(answer.text) for answer in pool.map(visitor.get, ["/slow"] * 10)]
        assert len({answer["process"] for answer in answers}) == 10
        began = time.monotonic()  # the processes are there now
        assert {answer.status for answer in pool.map(visitor.get, ["/slow"] * 10)} == {200}
        assert time.monotonic() - began < 10 * 0.5 / 2


def test_every_line_of_a_log_is_there_once_the_function_has_answered(
    cloud: Cloud, visitor: Visitor, outputs: dict[bool, dict[str, str]]
) -> None:
    headers = {"content-type": "text/plain"}
    marks = {uuid4().hex for _ in range(50)}

    def leave(mark: str) -> int:
        return visitor.request("POST", "/log", headers=headers, body=mark.encode()).status

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(leave, marks)) == {200}
    pages = cloud.client("logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/{outputs[True]['Function']}"
    logged = " ".join(event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"])
    assert not {mark for mark in marks if mark not in logged}
    assert "end of log" not in logged
