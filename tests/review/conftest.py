"""What the tests of reviews share."""

from collections.abc import Iterator

import pytest

from tests.review import pairs


@pytest.fixture(scope="session", autouse=True)
def engine() -> Iterator[None]:
    """End the difference engine, which the first comparison starts, when the tests have."""
    yield
    pairs.close()
