"""`make up` leaves nothing half running, and `make down` ends only what it started."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from local.cloud import ROOT, Cloud, running, start
from local.deploy import DeployError
from local.servers.server import free_port
from operate.delivery import News
from operate.down import main as down
from operate.up import MailError, records, the_one
from operate.up import main as up


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A place of its own for the embedded cloud; whatever runs there is ended."""
    monkeypatch.setattr("operate.up.STATE", tmp_path)
    monkeypatch.setattr("operate.down.STATE", tmp_path)
    for name in ("PORT", "HTTP_PORT", "HTTPS_PORT"):
        monkeypatch.setenv(name, str(free_port()))
    yield tmp_path
    left = running(tmp_path)
    if left:
        left.stop()


def fails(with_error: BaseException) -> Callable[..., NoReturn]:
    def deploy(*_: object, **__: object) -> NoReturn:
        raise with_error

    return deploy


def exit_code(capsys: pytest.CaptureFixture[str]) -> tuple[object, list[str]]:
    """Run `make up` in this process: its exit code and the lines on stderr."""
    with pytest.raises(SystemExit) as ended:
        up()
    return ended.value.code, capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_named(
    port: str, state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", port)
    assert exit_code(capsys) == (1, [f"up: PORT '{port}' is not a number from 1 to 65535"])
    assert running(state) is None


def test_a_port_in_use_is_one_line_and_nothing_runs(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))):
        code, errors = exit_code(capsys)
    assert code == 1
    assert len(errors) == 1
    assert os.environ["PORT"] in errors[0]
    assert running(state) is None


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (DeployError("stack edgepost-local-mail: Queue failed"), (1, "up: stack edgepost-local-mail: Queue failed")),
        (KeyboardInterrupt(), (130, "up: interrupted")),
    ],
)
def test_a_failed_deploy_stops_the_cloud_that_it_started(
    error: BaseException,
    end: tuple[int, str],
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("operate.up.deploy", fails(error))
    code, line = end
    assert exit_code(capsys) == (code, ["The embedded cloud that this run started is stopped again.", line])
    assert running(state) is None


def test_a_failed_deploy_leaves_the_cloud_that_ran_before(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edge_ports = int(os.environ["HTTP_PORT"]), int(os.environ["HTTPS_PORT"])
    before = start(port=int(os.environ["PORT"]), state=state, edge_ports=edge_ports)
    monkeypatch.setattr("operate.up.deploy", fails(DeployError("no")))
    assert exit_code(capsys) == (1, ["up: no"])
    assert running(state) == before
    monkeypatch.setenv("PORT", "4")
    line = f"up: the embedded cloud has PORT {before.port}, not 4; run `make down` first"
    assert exit_code(capsys) == (1, [line])
    assert running(state) == before


def test_down_stops_the_cloud_and_twice_is_fine(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cloud = start(port=int(os.environ["PORT"]), state=state)
    down()
    assert running(state) is None
    down()
    assert capsys.readouterr().out.splitlines() == [
        f"stopped    the embedded cloud on {cloud.endpoint}",
        "Nothing to stop, the embedded cloud is not running.",
    ]


def test_down_leaves_a_process_that_only_has_the_number_of_ours(state: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (state / "emulator.json").write_text(json.dumps({"pid": other.pid, "port": 4566}))
        down()
        assert other.poll() is None


def test_only_one_mail_for_the_own_request_will_do(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    sent = News(word="sent", text="SES message id 1", exit_code=0)
    with pytest.raises(MailError) as error:
        the_one(cloud, "no-such-number", sent)
    assert str(error.value).startswith("1 mail expected within 60 s, found 0; sent: SES message id 1; see ")
    assert capsys.readouterr().out == ""


def test_records_are_shown_in_columns_without_those_of_every_zone(cloud: Cloud) -> None:
    route53 = cloud.client("route53")
    zone = route53.create_hosted_zone(Name="columns.test", CallerReference="columns")["HostedZone"]["Id"]
    changes: list[dict[str, Any]] = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {"Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value}]},
        }
        for name, kind, value in [
            ("columns.test", "TXT", '"v=spf1 -all"'),
            ("a._domainkey.columns.test", "CNAME", "a.dkim.amazonses.com"),
        ]
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    assert sorted(records(route53, zone=zone)) == [
        "  a._domainkey.columns.test.  CNAME  a.dkim.amazonses.com",
        '  columns.test.               TXT    "v=spf1 -all"',
    ]


def test_the_cloud_can_be_stopped_whatever_the_settings_are() -> None:
    loaded = "import sys, operate.down; print('stacks.config' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
