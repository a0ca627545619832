"""`make screenshots` says in one line what it lacks."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import Cloud
from operate import screenshots, web
from operate import stage as stages
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]


@pytest.fixture(autouse=True)
def local_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGE", raising=False)


def test_without_the_embedded_cloud_it_says_how_to_start_it(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "STATE", tmp_path)
    line = "screenshots: the embedded cloud is not running; start it with `make up`"
    assert command("screenshots", screenshots.main) == (2, [], [line])


def test_without_chromium_it_says_how_to_install_it(
    command: Command, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(*_: object) -> web.Web:
        return web.Web(outputs={"LoadBalancer": "site.localhost"}, functions=cloud.client("lambda"))

    def nowhere(_: str) -> None:
        return None

    monkeypatch.setattr(stages, "STATE", cloud.state)
    monkeypatch.setattr(web, "found", found)
    monkeypatch.setattr(shutil, "which", nowhere)
    monkeypatch.setattr(screenshots, "FOLDER", tmp_path)
    line = "screenshots: no program chromium; on Debian and Ubuntu: apt install chromium"
    assert command("screenshots", screenshots.main) == (2, [], [line])


def test_other_stages_are_not_for_pictures(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "dev")
    line = "screenshots: pictures are taken of the local site; leave STAGE out"
    assert command("screenshots", screenshots.main) == (2, [], [line])
