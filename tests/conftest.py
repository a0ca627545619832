"""Fixtures that several kinds of tests share."""

import socket
from collections.abc import Iterator

import pytest

from local.cloud import HOST, Cloud, start


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An embedded cloud on a free port, for the whole run; `cloud.ses.reset()` sets its SES back."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    started = start(port=port, state=tmp_path_factory.mktemp("cloud"))
    yield started
    started.stop()
