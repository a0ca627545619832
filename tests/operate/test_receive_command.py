"""`make receive` sends a file in and tells what its record says; here the test writes what the function would."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from operate import receive, stage
from tests.local.inbox import Inbox
from tests.operate.conftest import Told
from tests.waiting import wait_until

Command = Callable[[str, Callable[[], int]], Told]
TABLE = "operate-receive"


class Mail:
    """A file, where it goes, and what comes of it."""

    def __init__(self, inbox: Inbox, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._inbox = inbox
        self._set = monkeypatch.setenv
        self.file = file
        self.address = inbox.address
        self.write(f"From: Hana <hana@example.org>\nTo: {inbox.address}\nSubject: Hello\n\nGood day.\n")

    def write(self, text: str) -> None:
        self.file.write_text(text)
        self._set("FILE", str(self.file))

    def envelope(self, **names: str) -> None:
        for name, value in names.items():
            self._set(name, value)

    def ends(self, **record: dict[str, Any]) -> dict[str, Any]:
        """Write the record of the next mail, and return what SES has told of it."""
        (told,) = wait_until(self._inbox.notifications)
        item = {"id": {"S": told["mail"]["messageId"]}, **record}
        self._inbox.cloud.client("dynamodb").put_item(TableName=TABLE, Item=item)
        return told["mail"]


@pytest.fixture(scope="session")
def table(cloud: Cloud) -> str:
    cloud.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return TABLE


@pytest.fixture
def outputs(cloud: Cloud, table: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the local stage has deployed; a test may take it away."""
    outputs = {"ReceivedTable": table}
    monkeypatch.setattr(stage, "running_cloud", lambda: cloud)
    monkeypatch.setattr(stage, "connect", lambda _: cloud.client)
    monkeypatch.setattr(stage, "outputs", lambda *_: outputs)
    for name in ("STAGE", "FILE", "TO", "FROM"):
        monkeypatch.delenv(name, raising=False)
    return outputs


@pytest.fixture
def mail(cloud: Cloud, outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mail]:
    assert outputs
    inbox = Inbox(cloud)
    yield Mail(inbox, tmp_path / "mail.eml", monkeypatch)
    inbox.ses.set_active_receipt_rule_set()


def test_a_mail_is_sent_to_whom_its_header_says_and_followed_to_its_end(mail: Mail, command: Command) -> None:
    routes = {"M": {"support": {"S": "queued 1"}, "archive": {"S": "published"}}}
    verdicts = {"M": {"virus": {"S": "PASS"}, "spam": {"S": "PASS"}}}
    with ThreadPoolExecutor() as pool:
        told = pool.submit(mail.ends, status={"S": "stored"}, routes=routes, verdicts=verdicts)
        code, lines, _ = command("receive", receive.main)
    assert code == 0
    assert lines == [
        f"accepted   by SES as {told.result()['messageId']}",
        "stored     spam PASS, virus PASS",
        "route      archive: published",
        "route      support: queued 1",
    ]
    assert told.result()["source"] == "hana@example.org"


def test_to_and_from_go_before_the_header(mail: Mail, command: Command) -> None:
    mail.write("From: a@example.org\nTo: b@example.org\n\nx\n")
    mail.envelope(TO=f"one@{mail.address.partition('@')[2]}", FROM="c@example.org")
    with ThreadPoolExecutor() as pool:
        told = pool.submit(mail.ends, status={"S": "stored"})
        assert command("receive", receive.main)[0] == 0
    assert told.result()["source"] == "c@example.org"


def test_a_mail_that_is_not_stored_is_told_with_its_reason(mail: Mail, command: Command) -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(mail.ends, status={"S": "dropped"}, reason={"S": "verdict"}, detail={"S": "virus"})
        code, lines, _ = command("receive", receive.main)
    assert (code, lines[1]) == (1, "dropped    verdict: virus")


def test_what_ses_refuses_is_told_in_its_words(mail: Mail, command: Command) -> None:
    mail.envelope(TO="stranger@elsewhere.example")
    code, lines, _ = command("receive", receive.main)
    assert (code, lines) == (1, ["refused    550 5.1.1 Requested action not taken: mailbox unavailable"])


def test_a_mail_without_an_end_is_waited_for_so_long_and_no_longer(
    mail: Mail, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "SECONDS", 0.2)
    with ThreadPoolExecutor() as pool:
        pool.submit(mail.ends, status={"S": "reading"})
        code, lines, _ = command("receive", receive.main)
    assert code == 3
    assert lines[1].startswith("waiting    no end after 0.2 s; `make inbox ID=")


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"FILE": ""}, "receive: no mail to send in; name its file: FILE=mail.eml"),
        ({"FILE": "no.eml"}, "receive: FILE 'no.eml' cannot be read: No such file or directory"),
        ({"STAGE": "prod"}, "receive: only the local SES takes mail from a file; leave STAGE out"),
    ],
)
def test_wrong_input_is_one_line(mail: Mail, command: Command, typed: dict[str, str], complaint: str) -> None:
    mail.envelope(**typed)
    assert command("receive", receive.main) == (2, [], [complaint])


def test_a_mail_for_nobody_and_a_stage_without_inbox_are_one_line(
    mail: Mail, outputs: dict[str, str], command: Command
) -> None:
    mail.write("Subject: x\n\nx\n")
    assert command("receive", receive.main)[2] == [
        "receive: the mail names no recipient; name one: TO=hello@in.edgepost.test"
    ]
    outputs.clear()
    assert command("receive", receive.main)[2] == [
        'receive: stage local receives no mail; set inbox in STAGES["local"]'
    ]
