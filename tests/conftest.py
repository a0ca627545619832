"""Fixtures that several kinds of tests share."""

import os
import shutil
from collections.abc import Iterator

import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]

from local.cloud import Cloud, start
from local.servers.memcached import Memcached
from local.servers.postgres import Postgres
from local.servers.server import free_port
from local.servers.valkey import Valkey

DEPLOYED = "tests/end_to_end/"


class ByWhatIsShared(LoadScopeScheduling):
    """Keeps a file's tests in one process, and all that use the deployed stacks, which take long to deploy."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return DEPLOYED if DEPLOYED in file else file


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their parameter alone: archives hold the time at which they are made, and ids must not change."""
    return argname if isinstance(val, bytes) else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByWhatIsShared:
    """Tell pytest-xdist how to share the tests out."""
    return ByWhatIsShared(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what needs a program that is not there."""
    for item in items:
        for needed in item.iter_markers("needs"):
            _leave_out_without(needed.args[0], item)


def _leave_out_without(program: str, item: pytest.Item) -> None:
    """Skip a test whose program is not installed, by name and with the way out; in CI it runs and fails instead."""
    if shutil.which(program) is None and "CI" not in os.environ:
        item.add_marker(pytest.mark.skip(reason=f"no program {program}; on Debian and Ubuntu: apt install {program}"))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An embedded cloud on a free port, for the whole run; `cloud.ses.reset()` sets its SES back."""
    started = start(port=free_port(), state=tmp_path_factory.mktemp("cloud"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Valkey without users but the admin; tests tell their keys apart, or empty it."""
    server = Valkey.start(tmp_path_factory.mktemp("valkey"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def memcached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memcached]:
    """A Memcached; tests that use it are marked with needs("memcached")."""
    server = Memcached.start(tmp_path_factory.mktemp("memcached"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL without databases but its own; each test makes those it needs by `create_cluster`."""
    server = Postgres.start(tmp_path_factory.mktemp("postgres"))
    yield server
    server.close()
