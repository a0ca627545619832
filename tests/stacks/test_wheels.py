from pathlib import Path

import pytest

from stacks.config import STAGES
from stacks.wheels import ROOT, WheelError, cache, install

REQUIREMENTS = ROOT / "lambda" / "mail_consumer" / "requirements.txt"


@pytest.mark.parametrize("stage", STAGES)
def test_wheels_for_every_stage_are_installed_without_network(stage: str, tmp_path: Path) -> None:
    config = STAGES[stage].python
    install(REQUIREMENTS, target=tmp_path, platform=config.wheel_platform, python=config.wheel_python)
    version = config.wheel_python.replace(".", "")
    (built,) = tmp_path.glob(f"msgspec/_core.cpython-{version}-*.so")
    assert config.wheel_platform.split("-")[0] in built.name


def test_nothing_is_installed_that_differs_between_hosts(tmp_path: Path) -> None:
    config = STAGES["prod"].python
    install(REQUIREMENTS, target=tmp_path, platform=config.wheel_platform, python=config.wheel_python)
    assert not (tmp_path / "bin").exists()
    assert not (tmp_path / ".lock").exists()
    assert not [*tmp_path.rglob("*.pyc")]


def test_an_empty_cache_says_how_to_fill_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(WheelError, match=r"no wheels of .* for aarch64-manylinux_2_28, python 3.14; run make install$"):
        install(REQUIREMENTS, target=tmp_path / "out", platform="aarch64-manylinux_2_28", python="3.14")


def test_what_the_lock_does_not_name_is_not_installed(tmp_path: Path) -> None:
    unlocked = tmp_path / "requirements.txt"
    unlocked.write_text("msgspec==0.22.0\n")
    with pytest.raises(WheelError, match="hash"):
        install(unlocked, target=tmp_path / "out", platform="aarch64-manylinux_2_28", python="3.14")


def test_the_cache_is_the_checkouts_own_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    assert cache() == ROOT / ".local" / "uv-cache"
