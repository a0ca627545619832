"""The edge as a process beside the emulator."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from local.cloud import HOST, Cloud, CloudError, running, start
from local.servers.server import free_port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


@pytest.mark.parametrize(("place", "setting"), [(0, "HTTP_PORT"), (1, "HTTPS_PORT")])
def test_a_port_in_use_is_one_clear_line(tmp_path: Path, place: int, setting: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        ports = (port, 0) if place == 0 else (0, port)
        with pytest.raises(CloudError, match=rf"^port {port} of 127.0.0.1 cannot be used \(.+\); set {setting} to a "):
            start(port=free_port(), state=tmp_path, edge_ports=ports)
    assert running(tmp_path) is None


def test_the_edge_answers_one_line_until_a_distribution_is_deployed_and_ends_with_the_cloud(tmp_path: Path) -> None:
    ports = (free_port(), free_port())
    cloud = start(port=free_port(), state=tmp_path, edge_ports=ports)
    try:
        assert (cloud.edge_port, cloud.edge_tls_port) == ports
        assert running(tmp_path) == cloud
        for tls in (False, True):
            answer = cloud.edge.get("/", tls=tls)
            assert (answer.status, answer.text) == (
                503,
                "503 Service Unavailable: no distribution is deployed in the embedded cloud\n",
            )
    finally:
        cloud.stop()
    assert not any(map(_listens, ports))


def test_the_edge_ends_when_the_emulator_alone_is_killed(tmp_path: Path) -> None:
    cloud = start(port=free_port(), state=tmp_path)
    os.kill(cloud.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _listens(cloud.edge_port):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_control_interface_names_what_it_does_not_know(cloud: Cloud) -> None:
    answer = cloud.edge.request("GET", "/_local/edge/nothing")
    assert (answer.status, answer.text) == (404, '{"error": "no GET /_local/edge/nothing"}')


def test_time_at_the_edge_never_goes_back(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match=r"^advance -1\.0 is below 0"):
        cloud.edge.advance(-1)
