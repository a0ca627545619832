import os
import sys
from pathlib import Path

import pytest

from review.command import ROOT, ReviewError
from review.sides import Side
from review.synthesis import Checkout, read, synthesize
from tests.review.pairs import pair_of, project
from tests.review.tiny import app, checkout, tiny


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return synthesize(Checkout("the working tree", ROOT, Path(sys.executable)), tmp_path_factory.mktemp("whole"))


def test_every_stage_that_runs_on_aws_is_synthesized(whole: Side) -> None:
    assert {place.stage for place in whole.places} == {"dev", "prod"}
    assert {stack for stage, stack in whole.places if stage == "prod"} >= {"Mail", "Data", "Web", "Edge"}


def test_a_process_of_its_own_writes_what_the_app_does(whole: Side) -> None:
    here = project()
    there = Side({key: template for key, template in whole.templates.items() if key[0] == "dev"})
    assert pair_of(here, there).differences.changes == ()
    assert {key: (one.region, one.name) for key, one in there.templates.items()} == {
        key: (one.region, one.name) for key, one in here.templates.items()
    }


def test_templates_tell_where_they_go_and_what_made_a_resource(whole: Side) -> None:
    edge, mail = whole.templates["prod", "Edge"], whole.templates["prod", "Mail"]
    assert (edge.region, edge.name, edge.protected) == ("us-east-1", "edgepost-prod-edge", True)
    assert not whole.templates["dev", "Edge"].protected
    paths = {mail.path(name) for name, one in mail.resources.items() if one["Type"] == "AWS::SQS::Queue"}
    assert all(path.startswith("Mail/") and not path.endswith("/Resource") for path in paths)


def test_what_all_packs_find_is_with_the_assembly(whole: Side) -> None:
    report = (whole.folders["dev"] / "validation-report.json").read_text()
    assert all(f'"pluginName": "{pack}"' in report for pack in ("AwsSolutions", "NIST.800.53.R5", "Serverless"))


def test_no_code_is_bundled_or_copied(whole: Side) -> None:
    assert [path.name for path in whole.folders["dev"].iterdir() if path.is_dir()] == []


def test_what_is_written_can_be_read_again(whole: Side) -> None:
    assert read(whole.folders["dev"].parent) == whole


def test_a_checkout_is_synthesized_by_its_own_code(tmp_path: Path) -> None:
    side = synthesize(checkout(tiny(tmp_path / "tiny")), tmp_path / "out", "prod")
    assert [*side.templates] == [("prod", "Mail"), ("prod", "Web")]
    template = side.templates["prod", "Web"]
    assert (template.name, template.region, template.protected) == ("tiny-prod-web", "eu-west-1", True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (app(more="raise ValueError('no\\x1b[2J good')"), "ValueError: no\\x1b[2J good"),
        (app(more="def build(): return 1 +"), "SyntaxError: invalid syntax"),
        (app(more="import synthesis_app"), "ModuleNotFoundError: No module named 'synthesis_app'"),
        (app(more="import not_installed"), "ModuleNotFoundError: No module named 'not_installed'"),
        (app().replace('"Queue", ', '"", '), "Only root constructs may have an empty ID"),
        ("", "AttributeError: module 'app' has no attribute 'build'"),
        ("import os; os._exit(3)", "it ended without a word"),
    ],
)
def test_a_checkout_that_does_not_synthesize_is_one_clear_error(tmp_path: Path, text: str, complaint: str) -> None:
    root = tiny(tmp_path / "tiny")
    (root / "app.py").write_text(text)
    with pytest.raises(ReviewError) as raised:
        synthesize(checkout(root), tmp_path / "out", "dev")
    assert str(raised.value).startswith("tiny does not synthesize: ")
    assert complaint in str(raised.value)


def test_a_checkout_that_takes_too_long_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.synthesis.TIME_LIMIT", 1)
    root = tiny(tmp_path / "tiny")
    (root / "app.py").write_text("import time; time.sleep(60)")
    with pytest.raises(ReviewError, match=r"^tiny does not synthesize within 1 s$"):
        synthesize(checkout(root), tmp_path / "out", "dev")


def test_synthesis_gets_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://example.com")
    root = tiny(tmp_path / "tiny")
    (root / "app.py").write_text(app(more="import os; raise ValueError(sorted(os.environ))"))
    with pytest.raises(ReviewError) as raised:
        synthesize(checkout(root), tmp_path / "out", "dev")
    assert "JSII_NODE" in str(raised.value)
    assert "AWS" not in str(raised.value)
    assert "PROXY" not in str(raised.value)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "secret"
