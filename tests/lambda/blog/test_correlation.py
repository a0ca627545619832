"""One id of a request in its log lines and on the mail that it becomes."""

import logging
from collections.abc import Iterator

import pytest

from blog.correlation import mark
from tests.blog_world import BlogWorld, Browser

MESSAGE = {"name": "Hana", "address": "hana@example.org", "message": "Hello from here!"}

EDGE = {"X-Amz-Cf-Id": "kR3_x-9A==", "X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678"}


@pytest.fixture
def marked(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Log lines as the function's handler marks them."""
    caplog.handler.addFilter(mark)
    with caplog.at_level(logging.INFO, "blog"):
        yield caplog
    caplog.handler.removeFilter(mark)


def test_every_line_and_the_mail_request_have_the_edges_id(
    world: BlogWorld, browser: Browser, marked: pytest.LogCaptureFixture
) -> None:
    browser.post("/contact", MESSAGE, headers=EDGE)
    assert [vars(line)["correlation_id"] for line in marked.records] == ["kR3_x-9A"] * 2
    assert world.queue.attributes == [{"CorrelationId": {"DataType": "String", "StringValue": "kR3_x-9A"}}]


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"X-Amzn-Trace-Id": "Root=1-67891233-abc"}, "1-67891233-abc"),
        ({"X-Amzn-Trace-Id": "Self=1-2-3;Root=1-67891233-abc;Sampled=1"}, "1-67891233-abc"),
        ({"X-Amz-Cf-Id": "a b", "X-Amzn-Trace-Id": "Root=1-6-a"}, "1-6-a"),
        ({"X-Amz-Cf-Id": "x" * 257}, None),
        ({}, None),
    ],
)
def test_past_the_edge_it_is_the_load_balancers_and_without_one_there_is_none(
    world: BlogWorld,
    browser: Browser,
    marked: pytest.LogCaptureFixture,
    headers: dict[str, str],
    found: str | None,
) -> None:
    browser.post("/contact", MESSAGE, headers=headers)
    (attributes,) = world.queue.attributes
    assert attributes.get("CorrelationId", {}).get("StringValue") == found
    assert [vars(line).get("correlation_id") for line in marked.records] == [found] * 2


def test_a_line_outside_of_a_request_has_none(marked: pytest.LogCaptureFixture) -> None:
    logging.getLogger("blog").info("started")
    assert not hasattr(marked.records[0], "correlation_id")
