"""`make suppressed` on a table of the embedded cloud and the list of its SES account."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from local.cloud import Cloud
from mail_common.suppressions import Suppressions
from operate import stage, suppressed
from tests.operate.conftest import Told

Command = Callable[[str, Callable[[], int]], Told]
TABLE = "operate-suppressions"
FRIEND = "friend@example.com"


@pytest.fixture(scope="session")
def table(cloud: Cloud) -> str:
    cloud.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "address", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "address", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return TABLE


@pytest.fixture
def own(cloud: Cloud, table: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suppressions]:
    """The table, which the command finds; nobody is on it and nothing is typed yet."""
    monkeypatch.setattr(stage, "connect", lambda _: cloud.client)
    monkeypatch.setattr(stage, "outputs", lambda *_: {"SuppressionsTable": table})
    for name in ("STAGE", "ADD", "REMOVE", "REASON"):
        monkeypatch.delenv(name, raising=False)
    own = Suppressions(client=cloud.client("dynamodb"), table=table, now=time.time)
    yield own
    cloud.ses.reset()
    cloud.client("dynamodb").delete_item(TableName=table, Key={"address": {"S": FRIEND}})


def typed(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_an_address_that_is_added_gets_no_more_mails_and_is_listed_with_its_reason(
    own: Suppressions, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, ADD="Friend@Example.com", REASON="asked for it by phone")
    assert command("suppressed", suppressed.main) == (0, [f"added      {FRIEND} gets no more mails"], [])
    assert own.kept_back([FRIEND], subscription=False) == {FRIEND: "manual"}
    typed(monkeypatch, ADD="", REASON="")
    _, (line,), _ = command("suppressed", suppressed.main)
    assert line.startswith(f"{FRIEND}  manual  since 20")
    assert line.endswith("asked for it by phone")


def test_an_address_that_is_removed_is_off_both_lists(
    own: Suppressions, cloud: Cloud, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.add(FRIEND, reason="bounce", at=1)
    cloud.client("sesv2").put_suppressed_destination(EmailAddress=FRIEND, Reason="BOUNCE")
    typed(monkeypatch, REMOVE=FRIEND, REASON="mended their mailbox")
    told = [f"removed    {FRIEND}: the stage's list and the account's list of SES"]
    assert command("suppressed", suppressed.main) == (0, told, [])
    assert own.kept_back([FRIEND], subscription=False) == {}
    assert cloud.client("sesv2").list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
    assert command("suppressed", suppressed.main) == (0, [f"absent     {FRIEND}: on no list"], [])


def test_the_list_names_what_the_account_keeps_back_too(own: Suppressions, cloud: Cloud, command: Command) -> None:
    for number in range(3):
        cloud.client("sesv2").put_suppressed_destination(EmailAddress=f"r{number}@example.com", Reason="COMPLAINT")
    own.add(FRIEND, reason="unsubscribe", at=1, detail="by the link")
    _, lines, _ = command("suppressed", suppressed.main)
    assert [line.split("  ")[:2] for line in lines] == [
        [FRIEND, "unsubscribe"],
        *([f"r{number}@example.com", "complaint"] for number in range(3)),
    ]


def test_no_page_of_the_accounts_list_is_forgotten(own: Suppressions) -> None:
    class Ses:
        def list_suppressed_destinations(self, **call: str) -> dict[str, Any]:
            number = int(call.get("NextToken", 0))
            found = {"EmailAddress": f"r{number}@example.com", "Reason": "BOUNCE", "LastUpdateTime": datetime.now(UTC)}
            return {"SuppressedDestinationSummaries": [found]} | ({"NextToken": str(number + 1)} if number < 2 else {})

    ses: Any = Ses()
    assert [line[:2] for line in suppressed.Lists(own=own, ses=ses).lines()] == ["r0", "r1", "r2"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"ADD": FRIEND}, "REASON is empty"),
        ({"REMOVE": FRIEND}, "REASON is empty"),
        ({"ADD": FRIEND, "REMOVE": FRIEND, "REASON": "r"}, "at once"),
        ({"ADD": "friend", "REASON": "r"}, "'friend' is not a mail address"),
        ({"REASON": "r"}, "set ADD or REMOVE"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_and_changes_nothing(
    own: Suppressions, command: Command, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], told: str
) -> None:
    typed(monkeypatch, **values)
    code, _, (line,) = command("suppressed", suppressed.main)
    assert (code, told in line) == (2, True)
    assert [*own.entries()] == []
