"""Fixtures that several kinds of tests share."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import HOST, Cloud, start

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a folder's tests in one process, since they share what it took long to set up."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.relative_to(TESTS).parts[0]))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An embedded cloud on a free port, for the whole run; `cloud.ses.reset()` sets its SES back."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    started = start(port=port, state=tmp_path_factory.mktemp("cloud"))
    yield started
    started.stop()
