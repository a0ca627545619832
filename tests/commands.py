"""Running a command of operate/ as the command line does, on a deployed cloud."""

from collections.abc import Callable

import pytest

from local.cloud import Cloud
from operate import stage
from operate.command import run

Told = tuple[object, list[str], list[str]]
Command = Callable[..., Told]


def commands(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return what runs a command with what is typed: its exit code, and the lines on stdout and stderr."""
    monkeypatch.setattr(stage, "running_cloud", lambda: cloud)

    def command(name: str, main: Callable[[], int], **typed: str) -> Told:
        capsys.readouterr()
        with monkeypatch.context() as environment:
            for each, value in {"STAGE": "local", **typed}.items():
                environment.setenv(each, value)
            with pytest.raises(SystemExit) as end:
                run(name, main)
        printed = capsys.readouterr()
        return end.value.code, printed.out.splitlines(), printed.err.splitlines()

    return command
