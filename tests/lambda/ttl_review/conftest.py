"""Fixtures of the tests of the TTL review: one log, read by either engine."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.edge.access_log import Row
from tests.edge_logs import athena, write
from ttl_review.engine import Engine
from ttl_review.files import FilesEngine

EngineOf = Callable[[Iterable[Row]], Engine]


@pytest.fixture
def files_of(tmp_path: Path) -> Iterator[Callable[[Iterable[Row]], FilesEngine]]:
    """Make DuckDB's engine over a log."""
    with ExitStack() as opened:
        yield lambda rows: opened.enter_context(FilesEngine(write(tmp_path / "logs", rows), threads=2))


@pytest.fixture(params=["DuckDB", "Athena"])
def engine_of(request: pytest.FixtureRequest) -> EngineOf:
    """Make either engine over a log."""
    if request.param == "DuckDB":
        return request.getfixturevalue("files_of")
    cloud = request.getfixturevalue("cloud")
    return lambda rows: athena(cloud, rows)
