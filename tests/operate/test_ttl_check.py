"""The check of TTL policies on the log sample: what it lets pass, what it does not, and why."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from operate import ttl_check
from operate.command import InputError
from operate.synthesized import deployed
from operate.ttl_figures import WHOLE, Prediction, line, predict, problems
from operate.ttl_sample import COLUMNS, FILE, rows, write
from tests.ttl_tree import of_tree
from ttl_review.model import Policy

TREE = of_tree().policies


@pytest.fixture(scope="module")
def agreed() -> Prediction:
    return predict(TREE, FILE)


def changed(name: str, **settings: Any) -> tuple[Policy, ...]:
    return tuple(replace(policy, **settings) if policy.name == name else policy for policy in TREE)


def worse(agreed: Prediction, policies: tuple[Policy, ...], **bounds: float) -> list[str]:
    allowed = {"most_lost": 0.5, "most_staler": 10.0} | bounds
    return list(problems(predict(policies, FILE), agreed, **allowed))


def test_what_is_as_it_was_is_not_worse(agreed: Prediction) -> None:
    assert worse(agreed, TREE, most_lost=0, most_staler=0) == []
    assert " | " not in line(agreed["*"], agreed["*"])


def test_a_shorter_time_loses_hits_and_the_reason_names_policy_and_times(agreed: Prediction) -> None:
    behaviour, whole = worse(agreed, changed("pages", max_seconds=15))
    assert behaviour.startswith("*: the predicted hit ratio falls from ")
    assert behaviour.endswith("; policy pages keeps them for 15 s and not 1 min")
    assert whole.startswith(f"{WHOLE}: the predicted hit ratio falls")


def test_a_longer_time_makes_answers_older_and_the_reason_says_how_old(agreed: Prediction) -> None:
    """Ages spread evenly up to T of what changes once in c seconds: about T²/6c, of 1,830 and a day 6.5 s."""
    reasons = [one for one in worse(agreed, changed("pages", min_seconds=1800)) if one.startswith("*")]
    assert [reason.partition(" out of date")[0] for reason in reasons] == [
        "*: answers are on average 6.4 s",
        "*: answers are at worst 30 min",
    ]
    assert all("; policy pages keeps them for 30 min and not 1 min" in reason for reason in reasons)


def test_bounds_let_more_pass(agreed: Prediction) -> None:
    shorter, longer = changed("pages", max_seconds=15), changed("pages", min_seconds=1800)
    assert worse(agreed, shorter, most_lost=30) == []
    assert worse(agreed, longer, most_staler=100_000) == []


def test_keeping_nothing_any_more_is_worse(agreed: Prediction) -> None:
    reasons = worse(agreed, changed("images", default_seconds=0, max_seconds=0))
    assert any(reason.startswith("/images/*: the predicted hit ratio falls from") for reason in reasons)
    assert any(reason.startswith(WHOLE) for reason in reasons)


def test_another_policy_for_the_same_paths_is_named(agreed: Prediction) -> None:
    forms = next(policy for policy in TREE if policy.name == "forms")
    policies = tuple(replace(forms, pattern=one.pattern) if one.name == "images" else one for one in TREE)
    assert any("; it has policy forms in place of images" in reason for reason in worse(agreed, policies))


def test_a_key_that_tells_more_apart_is_worse(agreed: Prediction) -> None:
    reasons = worse(agreed, changed("pages", query_strings=None))
    assert any(reason.endswith("; policy pages has another key") for reason in reasons)


def test_a_path_pattern_split_off_with_the_same_policy_changes_nothing(agreed: Prediction) -> None:
    pages = TREE[-1]
    split = (*TREE[:-1], replace(pages, pattern="/posts/*"), pages)
    found = predict(split, FILE)
    assert worse(agreed, split) == []
    assert found["/posts/*"].ttl_seconds == found["*"].ttl_seconds == 60
    assert found[WHOLE].hits == agreed[WHOLE].hits


def test_the_policies_are_read_from_the_synthesized_template() -> None:
    """The Host in the key, which logs do not tell apart, is the template's alone."""
    found = deployed()
    assert [replace(policy, headers=()) for policy in found.policies] == [
        replace(policy, headers=()) for policy in TREE
    ]
    assert found.error_seconds == of_tree().error_seconds
    assert [each.compresses for each in found.behaviours] == [each.compresses for each in of_tree().behaviours]


def test_what_a_behaviour_forwards_outside_its_key_is_read_from_the_synthesized_template() -> None:
    forwards = {each.policy.pattern: each.forwards for each in deployed().behaviours}
    assert forwards["/write*"] == ("__Host-session", "__Host-csrf")
    assert (forwards["/assets/*"], forwards["*"]) == ((), ())


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, agreed: Prediction) -> Path:
    """The command with its figures in a file of the test, and policies without a synthesis."""
    figures = tmp_path / "figures.json"
    monkeypatch.setattr(ttl_check, "FIGURES", figures)
    monkeypatch.setattr(ttl_check, "deployed", of_tree)
    monkeypatch.setattr(ttl_check, "predict", lambda *_: agreed)
    for name in ("ACCEPT", "MOST_LOST", "MOST_STALER"):
        monkeypatch.delenv(name, raising=False)
    return figures


@pytest.mark.usefixtures("told")
def test_what_is_accepted_passes_from_then_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], agreed: Prediction
) -> None:
    monkeypatch.setenv("ACCEPT", "yes")
    assert ttl_check.main() == 0
    monkeypatch.delenv("ACCEPT")
    assert ttl_check.main() == 0
    short = {name: replace(one, hits=one.hits // 2) for name, one in agreed.items()}
    monkeypatch.setattr(ttl_check, "predict", lambda *_: short)
    assert ttl_check.main() == 1
    out = capsys.readouterr().out
    assert "make ttl-check ACCEPT=yes" in out
    assert " | agreed on: " in out
    monkeypatch.setenv("MOST_LOST", "100")
    assert ttl_check.main() == 0


def test_figures_that_are_not_there_or_no_figures_are_named_with_the_way_out(told: Path) -> None:
    with pytest.raises(InputError, match="make ttl-check ACCEPT=yes"):
        ttl_check.main()
    told.write_text("{}[")
    with pytest.raises(InputError, match="cannot be read"):
        ttl_check.main()


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("typed", ["much", "-1", "nan", "inf", "1001"])
def test_a_bound_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setenv("MOST_STALER", typed)
    with pytest.raises(InputError, match=f"MOST_STALER '{typed}' is not a number from 0 to 1000"):
        ttl_check.main()


def test_the_committed_figures_are_those_of_the_working_tree(agreed: Prediction) -> None:
    """Else the check compares with what nobody has agreed on; `make ttl-check ACCEPT=yes` writes them."""
    assert ttl_check.agreed_on() == agreed


def test_the_sample_is_small_and_what_its_script_makes(tmp_path: Path) -> None:
    """But for the results, which depend on the policies of its day."""
    assert FILE.stat().st_size < 300_000
    write(tmp_path / "sample.parquet")
    columns = ", ".join(map('"{}"'.format, COLUMNS))
    query = f"SELECT {columns} FROM read_parquet(?) ORDER BY ALL"
    kept, made = (duckdb.execute(query, [str(file)]).fetchall() for file in (FILE, tmp_path / "sample.parquet"))
    assert kept == made
    assert len(made) == sum(1 for _ in rows())
