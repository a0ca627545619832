"""`make inbox` on a table of the embedded cloud."""

from collections.abc import Callable

import pytest

from local.cloud import Cloud
from operate import inbox, stage
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
TABLE = "operate-received"


@pytest.fixture(scope="session")
def table(cloud: Cloud) -> str:
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(25):
        item = {
            "id": {"S": f"m{number:02}"},
            "status": {"S": "stored"},
            "received_at": {"N": str(1_764_000_000_000 + number)},
            "from": {"S": "taro@example.com"},
            "envelope": {"L": [{"S": "hello@in.edgepost.test"}]},
            "subject": {"S": f"number {number}\x1b[31m"},
            "verdicts": {"M": {"spam": {"S": "PASS"}, "virus": {"S": "PASS"}}},
            "attachments": {"L": [{"M": {"name": {"S": "a.pdf"}, "size": {"N": "7"}}}]},
        }
        dynamodb.put_item(TableName=TABLE, Item=item)
    return TABLE


@pytest.fixture
def outputs(cloud: Cloud, table: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the stage has deployed; a test may take it away."""
    outputs = {"ReceivedTable": table}
    monkeypatch.setattr(stage, "connect", lambda _: cloud.client)
    monkeypatch.setattr(stage, "outputs", lambda *_: outputs)
    for name in ("STAGE", "ID"):
        monkeypatch.delenv(name, raising=False)
    return outputs


@pytest.mark.usefixtures("outputs")
def test_the_newest_mails_are_listed_first_and_nothing_drives_the_terminal(
    command: Command,
) -> None:
    code, (first, *lines), _ = command("inbox", inbox.main)
    assert (code, first, len(lines)) == (0, "20 of 25 received mails", 20)
    assert lines[0].startswith("m24  ")
    assert lines[0].endswith("stored  taro@example.com → hello@in.edgepost.test  number 24\\x1b[31m")


@pytest.mark.usefixtures("outputs")
def test_one_mail_is_shown_with_all_that_is_known_of_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ID", "m07")
    _, lines, _ = command("inbox", inbox.main)
    assert "verdicts     spam: PASS, virus: PASS" in lines
    assert "attachments  name: a.pdf, size: 7" in lines


def test_a_mail_that_is_not_there_and_a_stage_without_an_inbox_are_told_in_one_line(
    outputs: dict[str, str], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ID", "none")
    assert command("inbox", inbox.main) == (2, [], ["inbox: ID 'none' is no received mail; `make inbox` lists them"])
    outputs.clear()
    told = 'inbox: stage local receives no mail; set inbox in STAGES["local"]'
    assert command("inbox", inbox.main) == (2, [], [told])
