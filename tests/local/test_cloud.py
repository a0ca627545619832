import io
import json
import os
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest

from local.cloud import HOST, Cloud, CloudError, running, start
from local.servers.server import free_port
from tests.cloud_parts import function_role

LISTENER = """
import socket

listener = socket.create_server(("127.0.0.1", 0))


def handle(event, context):
    return listener.getsockname()[1]
"""


def _listening_function(cloud: Cloud) -> int:
    """Start a function whose warm process listens on a port of its own, and return the port."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", LISTENER)
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="listener",
        Runtime="python3.14",
        Handler="index.handle",
        Role=function_role(cloud, name="listener", actions=["sqs:ReceiveMessage"]),
        Code={"ZipFile": code.getvalue()},
    )
    return json.load(functions.invoke(FunctionName="listener")["Payload"])


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CloudError, match=rf"^port {port} of 127.0.0.1 cannot be used \(.+\); set PORT"):
            start(port=port, state=tmp_path)
    assert running(tmp_path) is None


def test_a_second_cloud_with_the_same_state_is_refused(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="already runs"):
        start(port=free_port(), state=cloud.state)
    assert running(cloud.state) == cloud


def test_a_cloud_that_ends_while_starting_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.cloud.sys.executable", "/bin/false")
    with pytest.raises(CloudError, match=r"ended while starting: no output; see .*emulator.log"):
        start(port=free_port(), state=tmp_path)
    assert running(tmp_path) is None


def test_stop_ends_the_functions_too_and_frees_the_port(tmp_path: Path) -> None:
    port = free_port()
    cloud = start(port=port, state=tmp_path)
    try:
        function_port = _listening_function(cloud)
        assert socket.create_connection((HOST, function_port), timeout=1)
    finally:
        cloud.stop()
    for closed in (port, function_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, closed), timeout=1)
    assert running(tmp_path) is None
    assert not (tmp_path / "tmp").exists()


def test_stopping_what_has_ended_touches_no_process(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        gone = Cloud(pid=stranger.pid, port=free_port(), edge_port=0, edge_tls_port=0, smtp_port=0, state=tmp_path)
        (tmp_path / "emulator.json").write_text(json.dumps({"pid": gone.pid, "port": gone.port}))
        gone.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_only_loopback_is_served(cloud: Cloud) -> None:
    with pytest.raises(OSError, match=r"refused|timed out|unreachable|assign"):
        socket.create_connection(("127.0.0.2", cloud.port), timeout=1)


def test_a_subprocess_cannot_reach_another_cloud(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "https://sqs.example.com")
    environment = cloud.environment()
    assert environment["AWS_ENDPOINT_URL"] == environment["AWS_ENDPOINT_URL_S3"] == cloud.endpoint
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_SQS"} & environment.keys()


def test_a_client_ignores_the_proxy_of_the_environment(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert cloud.client("sqs").list_queues()
    assert cloud.ses.settings()
