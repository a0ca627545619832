"""What becomes of caches and databases whose program is missing, and of all when their cloud stops."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud, start
from local.servers.server import free_port
from tests.cloud_parts import put_stack
from tests.local.stores import DATABASE, MEMCACHED, REDIS, Stack, sign_in


@pytest.fixture
def own_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud for one test, where no program of the system is found but those that run PostgreSQL."""
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    (tmp_path / "programs").mkdir()
    if setpriv := shutil.which("setpriv", path=os.defpath):
        (tmp_path / "programs" / "setpriv").symlink_to(setpriv)
    started = start(port=free_port(), state=tmp_path / "cloud")
    yield started
    started.stop()


def test_a_memcached_cluster_without_the_program_fails_with_the_way_out(own_cloud: Cloud) -> None:
    for attempt in ("first", "second"):
        with pytest.raises(AssertionError, match="no program memcached; install it, on Debian and Ubuntu: apt install"):
            put_stack(own_cloud, "create", f"stores-{attempt}", {"Resources": MEMCACHED})
    assert own_cloud.client("elasticache").describe_cache_clusters()["CacheClusters"] == []


def test_stopping_the_cloud_ends_its_servers_in_good_order(own_cloud: Cloud) -> None:
    put_stack(own_cloud, "create", "stores-redis", {"Resources": REDIS})
    cluster = Stack(own_cloud, "stores-database", DATABASE, "Cluster", "Endpoint")
    with sign_in(cluster):
        servers = _descendants(own_cloud.pid)
        names = " ".join(servers.values())
        assert "valkey" in names
        assert "postgres" in names
        own_cloud.stop()
    assert not servers.keys() & _processes().keys()
    assert not (own_cloud.state / "tmp").exists()


def _processes() -> dict[int, tuple[int, str]]:
    """The parent and command of every process that lives, by its id."""
    lines = subprocess.run(["/bin/ps", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=3) for line in lines.stdout.splitlines())
    return {int(row[0]): (int(row[1]), row[-1]) for row in rows if not row[2].startswith("Z")}


def _descendants(ancestor: int) -> dict[int, str]:
    processes = _processes()
    found = {ancestor: ""}
    while more := {
        pid: command for pid, (parent, command) in processes.items() if parent in found and pid not in found
    }:
        found |= more
    return found
