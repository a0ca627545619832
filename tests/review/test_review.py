import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace as with_

from review.base import Base
from review.command import ReviewError
from review.model import Exemption, Finding, Review, Severity, schema
from review.review import Inputs, Judged, assemble, inputs, write
from review.sides import Side
from tests.review.pairs import changed, engine, properties

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2027, 1, 31)
ASKED = Inputs(base="", out=Path("out"), today=DAY, gate=Severity.HIGH)
BASE = Base("main", "0" * 40)
POLICY = Finding(
    rule="AwsSolutions-SQS3",
    severity=Severity.HIGH,
    stage="dev",
    stack="Mail",
    resource="Mail/Queue",
    title="It has no DLQ.",
    source="cdk-nag",
)


def review_of(before: Judged, after: Judged, exemptions: list[Exemption] | None = None) -> Review:
    return assemble(ASKED, BASE, (before, after), exemptions or [], engine())


def policies(before: list[Finding], after: list[Finding]) -> list[Finding]:
    side = Side({})
    return [*review_of(Judged(side, before), Judged(side, after)).findings]


def test_a_policy_finding_that_base_has_too_is_listed_but_not_new() -> None:
    old, new = (with_(POLICY, resource=name) for name in ("Mail/Old", "Mail/New"))
    found = policies([old], [old, new])
    assert [(one.resource, one.new, one.gates) for one in found] == [
        ("Mail/New", True, True),
        ("Mail/Old", False, False),
    ]


def test_what_only_base_has_is_not_listed() -> None:
    assert policies([POLICY], []) == []


def test_a_finding_whose_acknowledgement_is_taken_back_is_new() -> None:
    acknowledged = with_(POLICY, acknowledged="for a reason")
    assert [one.gates for one in policies([acknowledged], [POLICY])] == [True]
    assert [(one.new, one.gates) for one in policies([POLICY], [acknowledged])] == [(True, False)]
    assert [one.new for one in policies([acknowledged], [with_(acknowledged, acknowledged="for another")])] == [False]


def test_a_finding_is_listed_once_and_open_if_it_is_once() -> None:
    (one,) = policies([], [POLICY, with_(POLICY, acknowledged="for a reason"), POLICY])
    assert not one.acknowledged


def loses_mails(body: dict[str, Any]) -> None:
    properties(body, "SES::EmailIdentity").update(EmailIdentity="other.test")


def shuffled(side: Side, chance: random.Random) -> Side:
    templates = [*side.templates.items()]
    chance.shuffle(templates)
    return Side(dict(templates))


def test_the_same_sides_and_findings_in_any_order_are_the_same_bytes(tmp_path: Path) -> None:
    pair = changed("Mail", loses_mails)
    found = [with_(POLICY, resource=f"Mail/{name}") for name in "abcdef"]
    known = found[:4]
    chance = random.Random(7)
    written: list[dict[str, bytes]] = []
    for _ in range(3):
        chance.shuffle(found)
        chance.shuffle(known)
        before, after = Judged(shuffled(pair.base, chance), known), Judged(shuffled(pair.head, chance), found)
        files = write(review_of(before, after), tmp_path)
        written.append({file.name: file.read_bytes() for file in files})
    assert sorted(written[0]) == ["review.html", "review.json", "review.md"]
    assert written[0] == written[1] == written[2]


def test_the_data_keep_to_their_schema_and_can_be_read_again(tmp_path: Path) -> None:
    pair = changed("Mail", loses_mails)
    exemption = Exemption(resource="Mail/Nothing", rule="nothing", reason="r", expires=DAY)
    review = review_of(Judged(pair.base, []), Judged(pair.head, [POLICY]), [exemption])
    write(review, tmp_path)
    data = (tmp_path / "review.json").read_bytes()
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(json.loads(data))
    assert msgspec.json.decode(data, type=Review) == review
    assert {one.source for one in review.findings} == {"risk", "cdk-nag", "gate"}


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((ROOT / "docs" / "review.schema.json").read_text())
    assert published == json.loads(json.dumps(schema())), "docs/review.schema.json is out of date; run: make schema"


def test_the_schema_says_what_things_mean() -> None:
    kinds = schema()["$defs"]
    assert all(kind.get("description") for kind in kinds.values())
    assert kinds["Change"]["properties"]["asset_only"]["description"].startswith("Nothing but the hash of an asset")
    assert "description" not in kinds["Change"]["properties"]["stage"]


def test_a_folder_that_cannot_be_written_to_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "review.html").mkdir()
    with pytest.raises(ReviewError, match=r"^cannot write to OUT '.*Is a directory"):
        write(review_of(Judged(Side({}), []), Judged(Side({}), [])), tmp_path)


@pytest.mark.parametrize("name", ["BASE", "OUT", "TODAY", "GATE"])
def test_what_is_not_set_or_empty_is_the_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each in ("BASE", "OUT", "TODAY", "GATE"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, "")
    asked = inputs()
    assert (asked.base, asked.out, asked.gate) == ("", Path("review-out"), Severity.HIGH)
    assert abs((asked.today - date.today()).days) <= 1  # noqa: DTZ011


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("TODAY", "tomorrow", "TODAY 'tomorrow' is no day; write it as 2027-01-31"),
        ("TODAY", "2027-02-30", "TODAY '2027-02-30' is no day; write it as 2027-01-31"),
        ("GATE", "HIGH", "GATE 'HIGH' is none of low, medium, high, critical and none"),
        ("OUT", __file__, f"OUT '{__file__}' is a file; name a folder"),
    ],
)
def test_a_wrong_input_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ReviewError) as raised:
        inputs()
    assert str(raised.value) == complaint
