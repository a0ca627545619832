"""Starting, finding and stopping the embedded cloud; what a client needs to talk to it."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.clients import FAKE_CREDENTIALS, HOST, client
from local.edge_client import EdgeClient
from local.ses import DIRECT, SesControl

REGION = "ap-northeast-1"
ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local" / "cloud"
"""Where the embedded cloud of `make up` keeps its state, log and process id."""
START_SECONDS = 60
"""How long the emulator may take to answer; it takes about one."""

NO_PROXY = {"NO_PROXY": HOST, "no_proxy": HOST}
"""Loopback is never reached through a proxy."""


class CloudError(Exception):
    """The embedded cloud cannot be started; its text is one line."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A running embedded cloud: one process group, started by `start` and ended by `stop`."""

    pid: int
    port: int
    edge_port: int
    """Where the edge speaks HTTP, and its control interface is."""
    edge_tls_port: int
    """Where it speaks HTTPS."""
    smtp_port: int
    """Where mail comes in."""
    state: Path

    @property
    def endpoint(self) -> str:
        """The address of every service."""
        return f"http://{HOST}:{self.port}"

    @property
    def ses(self) -> SesControl:
        """Settings, faults and mails of the local SES."""
        return SesControl(self.endpoint)

    @property
    def edge(self) -> EdgeClient:
        """The edge before the deployed distribution."""
        return EdgeClient(port=self.edge_port, tls_port=self.edge_tls_port)

    def client(self, service: str, region: str = REGION) -> Any:  # noqa: ANN401 (boto3 makes the class at run time)
        """Return a boto3 client of this cloud, whatever profile, proxy or endpoint the user's environment names."""
        return client(self.endpoint, service, region)

    def end_visibility_timeouts(self) -> None:
        """Let every hidden message of every queue be received again at once, to spare a test the wait."""
        address = f"{self.endpoint}/_local/sqs/timeouts"
        DIRECT.open(urllib.request.Request(address, method="DELETE"), timeout=10).close()  # noqa: S310 (loopback)

    def queries(self, containing: str) -> int:
        """Count what the local databases have been asked so far and contains a text, by their logs."""
        logs = _scratch(self.state).glob("*/server.log")
        return sum(containing in line for log in logs for line in log.read_text(errors="replace").splitlines())

    def environment(self) -> dict[str, str]:
        """Return a whole environment for a subprocess whose AWS clients shall reach this cloud and no other."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        own = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The user's profiles may name other endpoints.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        return kept | FAKE_CREDENTIALS | NO_PROXY | own

    def stop(self) -> None:
        """End the emulator and the functions' warm processes, and wait for its servers, which end when it does."""
        if running(self.state) != self:
            return
        with contextlib.suppress(ProcessLookupError):  # only servers are left, on their way out
            os.killpg(self.pid, signal.SIGKILL)
        _wait_until(lambda: running(self.state) is None, seconds=20)
        shutil.rmtree(_scratch(self.state), ignore_errors=True)


def start(*, port: int, state: Path, edge_ports: tuple[int, int] = (0, 0), smtp_port: int = 0) -> Cloud:
    """Start an embedded cloud on `port` of loopback, with its files in `state`, and return once it answers.

    Args:
        port: of the emulator, whatever the service.
        state: the folder of what it keeps, its log and its process id.
        edge_ports: of the edge, for HTTP and HTTPS; 0: any free one.
        smtp_port: where mail comes in; 0: any free one.
    """
    state = state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    with _record(state).open("a+") as record:
        _lock(record, state)
        _open(port, "PORT").close()
        with (
            _open(edge_ports[0], "HTTP_PORT") as http,
            _open(edge_ports[1], "HTTPS_PORT") as https,
            _open(smtp_port, "SMTP_PORT") as smtp,
        ):
            process = _launch(port=port, state=state, record=record, edge=(http, https), smtp=smtp)
            opened = {"edge_port": http, "edge_tls_port": https, "smtp_port": smtp}
            taken = {name: each.getsockname()[1] for name, each in opened.items()}
        cloud = Cloud(pid=process.pid, port=port, state=state, **taken)
        record.truncate(0)
        record.write(json.dumps({"pid": cloud.pid, "port": cloud.port, **taken}))
    try:
        _await_answer(cloud, process)
    except BaseException:
        cloud.stop()
        raise
    return cloud


def running(state: Path) -> Cloud | None:
    """Return the embedded cloud that keeps its files in `state`, if it runs."""
    state = state.resolve()
    if not _record(state).exists():
        return None
    with _record(state).open() as record:
        try:
            fcntl.flock(record, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Cloud(**json.load(record), state=state)
    return None


def _record(state: Path) -> Path:
    """The file that names the emulator's process; locked while that or a server of its lives.

    They are one session, so that its pid is never another's for so long.
    """
    return state / "emulator.json"


def _log(state: Path) -> Path:
    return state / "emulator.log"


def _scratch(state: Path) -> Path:
    return state / "tmp"


def _lock(record: IO[str], state: Path) -> None:
    try:
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CloudError(f"an embedded cloud already runs with its state in {state}; stop it with: make down") from None


def _open(port: int, setting: str) -> socket.socket:
    """Return a socket that listens on a port."""
    try:
        return socket.create_server((HOST, port))
    except OSError as reason:
        raise CloudError(
            f"port {port} of {HOST} cannot be used ({reason.strerror}); set {setting} to a free one"
        ) from None


def _launch(
    *, port: int, state: Path, record: IO[str], edge: tuple[socket.socket, socket.socket], smtp: socket.socket
) -> "subprocess.Popen[bytes]":
    shutil.rmtree(_scratch(state), ignore_errors=True)
    _scratch(state).mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MINISTACK_"))}
    own = {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",  # for the functions
        "EDGE_SOCKETS": ",".join(str(each.fileno()) for each in edge),
        "SMTP_SOCKET": str(smtp.fileno()),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Its pid file, and the functions' unpacked code.
        "TMPDIR": str(_scratch(state)),
        "S3_DATA_DIR": str(_scratch(state) / "s3"),
        "PYTHONUNBUFFERED": "1",
    }
    with _log(state).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "local.emulator"],
            cwd=ROOT,
            env=kept | NO_PROXY | own,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # one process group with the functions it will start
            pass_fds=[each.fileno() for each in (record, *edge, smtp)],  # with the first the lock
        )


def _await_answer(cloud: Cloud, process: "subprocess.Popen[bytes]") -> None:
    log = _log(cloud.state)

    def ready() -> bool:
        return cloud.ses.answers() and cloud.edge.answers()

    if not _wait_until(lambda: process.poll() is not None or ready(), seconds=START_SECONDS):
        raise CloudError(f"embedded cloud gives no answer after {START_SECONDS} s; see {log}")
    if process.poll() is not None:
        raise CloudError(f"embedded cloud ended while starting: {_last_line(log)}; see {log}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "no output").strip()


def _wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
