"""CloudFormation and Lambda as the custom resource sees them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.response_address import ResponseAddress, answering

ROLE = "schema_blog"


class SchemaAddress(ResponseAddress):
    """Asks for the blog's schema."""

    def event(self, request: str = "Create", *, sample_posts: str = "false") -> dict[str, Any]:
        """A request of CloudFormation's that is to be answered here."""
        return self.request(request, {"Fingerprint": "f", "SamplePosts": sample_posts, "BlogRole": ROLE})


class Context:
    """Lambda's context object."""

    def __init__(self, milliseconds: int = 60_000) -> None:
        self.get_remaining_time_in_millis = lambda: milliseconds


@pytest.fixture
def cloudformation() -> Iterator[SchemaAddress]:
    with answering(SchemaAddress()) as address:
        yield address


@pytest.fixture
def context() -> Context:
    return Context()
