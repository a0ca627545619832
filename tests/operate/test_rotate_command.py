"""`make rotate` of a stage whose load balancer is on the internet, with a deploy that only notes the settings."""

import dataclasses
import http.client
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.answer import Answer
from operate import deployed_stacks, rotate, secret_setting, site, stage
from operate.command import StageError
from operate.deployed_stacks import DeployedStack, Resource
from stacks.config import STAGES
from stacks.config_edge import EdgeConfig
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
OTHER = 'StageConfig(name="y", edge=EdgeConfig(origin_secret=1))'
CONFIG = Path(__file__).resolve().parents[2] / "stacks" / "config.py"


@dataclass(frozen=True, kw_only=True)
class OneAnswer(site.Site):
    """Answers everything with the next status, the last one again and again."""

    url: str = "https://www.example.com"
    statuses: list[int] = field(default_factory=lambda: [303])

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        assert (path, headers) == ("/write", None)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Answer(status=status, headers=http.client.HTTPMessage(), body=b"")


@dataclass
class Deploys:
    """Notes which number the settings had at each deploy."""

    file: Path
    seen: list[int] = field(default_factory=list)
    code: int = 0

    def __call__(self, name: str) -> int:
        assert name == "prod"
        self.seen.append(number_in(self.file.read_text()))
        return self.code


def number_in(source: str) -> int:
    """The number that these settings have for prod."""
    known: dict[str, Any] = {"__name__": "settings", "__file__": str(CONFIG)}
    exec(compile(source, "config.py", "exec"), known)  # noqa: S102
    return known["STAGES"]["prod"].edge.origin_secret


@pytest.fixture
def deploys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deploys:
    """Stage prod, with secret 1 deployed; its settings are a copy of the real ones."""
    file = tmp_path / "config.py"
    shutil.copy(CONFIG, file)
    monkeypatch.setattr(secret_setting, "FILE", file)
    public = dataclasses.replace(STAGES["prod"], edge=EdgeConfig(origin="public"))
    monkeypatch.setattr(rotate, "STAGES", {**STAGES, "prod": public})
    secrets = [Resource(kind=rotate.SECRET, id="s", policy="Delete", properties={"Name": "edgepost-prod-origin-1"})]
    stack = DeployedStack(part="web", name="web", is_protected=False, resources=secrets, connect=lambda _: None)
    monkeypatch.setattr(deployed_stacks, "find", lambda *_: iter([stack]))
    monkeypatch.setattr(site, "find", lambda _: OneAnswer())
    monkeypatch.setattr("builtins.input", lambda: "prod")
    for name in ("REASON", "DRY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STAGE", "prod")
    deploys = Deploys(file)
    monkeypatch.setattr(rotate, "deploy", deploys)
    return deploys


def test_a_rotation_is_the_next_number_a_deploy_and_a_look_at_the_site(deploys: Deploys, command: Command) -> None:
    code, lines, errors = command("rotate", rotate.main)
    assert (code, errors, deploys.seen) == (0, [], [2])
    assert lines[:3] == [
        f"setting    origin_secret of prod becomes 2 in {stage.relative(deploys.file)}",
        "deploy     the load balancer takes secrets 1 and 2, then CloudFront shows 2",
        "look       /write through the edge, which the load balancer has to answer",
    ]
    assert lines[-1] == "commit     stacks/config.py, where origin_secret of prod is 2 now"


def test_a_secret_that_has_leaked_is_rotated_twice_so_that_it_opens_no_more(
    deploys: Deploys, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REASON", "leaked")
    assert command("rotate", rotate.main)[0] == 0
    assert deploys.seen == [2, 3]


def test_a_deploy_that_fails_ends_it_with_the_way_on(
    deploys: Deploys, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REASON", "leaked")
    deploys.code = 1
    code, _, (error,) = command("rotate", rotate.main)
    assert (code, deploys.seen) == (2, [2])
    assert error.endswith("origin_secret stays 2, mend it and go on with `make deploy STAGE=prod`")


@pytest.mark.parametrize(("statuses", "deployed"), [([403], []), ([502], []), ([303, 403], [2])])
def test_a_load_balancer_that_does_not_answer_ends_it(
    statuses: list[int], deployed: list[int], deploys: Deploys, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REASON", "leaked")
    monkeypatch.setattr(site, "find", lambda _: OneAnswer(statuses=statuses))
    code, _, (error,) = command("rotate", rotate.main)
    assert (code, deploys.seen) == (2, deployed)
    assert "see whether both sides know the same secret" in error


@pytest.mark.parametrize("typed", [{"DRY": "yes"}, {"answer": "no"}, {"REASON": "old"}])
def test_nothing_changes_unless_it_is_asked_for(
    typed: dict[str, str], deploys: Deploys, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda: typed.get("answer", "prod"))
    for name, value in typed.items():
        monkeypatch.setenv(name, value)
    assert command("rotate", rotate.main)[0] == (0 if "DRY" in typed else 2)
    assert (deploys.seen, deploys.file.read_text()) == ([], CONFIG.read_text())


def test_a_rotation_that_was_not_finished_is_not_begun_again(
    deploys: Deploys, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = dataclasses.replace(STAGES["prod"], edge=EdgeConfig(origin="public", origin_secret=2))
    monkeypatch.setattr(rotate, "STAGES", {"prod": public})
    code, _, (error,) = command("rotate", rotate.main)
    assert (code, deploys.seen) == (2, [])
    assert "secret 1 is deployed and origin_secret is 2; set it right and `make deploy STAGE=prod`" in error


def test_a_stage_that_nobody_else_reaches_has_nothing_to_rotate(
    deploys: Deploys, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "local")
    code, _, errors = command("rotate", rotate.main)
    assert (code, deploys.seen) == (2, [])
    assert errors == ['rotate: stage local has no origin secret: origin is "vpc", which nobody else reaches']


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('StageConfig(name="x", edge=EdgeConfig())', 'StageConfig(name="x", edge=EdgeConfig(origin_secret=4))'),
        (
            'StageConfig(name="x", edge=EdgeConfig(origin="public"))',
            'StageConfig(name="x", edge=EdgeConfig(origin="public", origin_secret=4))',
        ),
        (
            '# 一つ\nStageConfig(note="日本", name="x", edge=EdgeConfig(origin_secret=3, origin="public",)) # end',
            '# 一つ\nStageConfig(note="日本", name="x", edge=EdgeConfig(origin_secret=4, origin="public",)) # end',
        ),
        (
            f'a({OTHER}, StageConfig(name="x", edge=E(days=1,)))',
            f'a({OTHER}, StageConfig(name="x", edge=E(days=1, origin_secret=4)))',
        ),
    ],
)
def test_the_number_of_one_stage_changes_and_nothing_else(before: str, after: str) -> None:
    assert secret_setting.changed(before, "x", 4) == after


def test_settings_that_cannot_be_changed_by_a_program_are_left_to_a_person() -> None:
    with pytest.raises(
        StageError, match=r'no edge=EdgeConfig\(…\) stands in STAGES\["x"\]; set origin_secret there by'
    ):
        secret_setting.changed('StageConfig(name="x", edge=EDGE)', "x", 4)
