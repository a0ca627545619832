"""Received mail: in by SMTP, through the active rules into S3, a record, and on to where its routes lead."""

import base64
from email.message import EmailMessage
from typing import Any

import pytest

from local.cloud import Cloud
from local.smtp import RefusedError, send
from tests.end_to_end.conftest import MailPath
from tests.waiting import wait_until


def letter(subject: str, *, to: str, sender: str = "Taro <taro@example.org>", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("はじめまして。")
    return mail


class Inbox:
    """The deployed inbox, as a stranger's mail server and its owner see it."""

    def __init__(self, mail_path: MailPath) -> None:
        self.mail_path = mail_path
        self.outputs = mail_path.outputs
        self.domain = self.outputs["ReceivingDomain"]

    def address(self, name: str) -> str:
        return f"{name}@{self.domain}"

    def receive(self, mail: EmailMessage, *, to: str, sender: str = "taro@example.org", **how: Any) -> dict[str, Any]:
        """Send a mail in and wait for its record to be whole."""
        taken = send(self.mail_path.cloud, mail.as_bytes(), sender=sender, recipients=[to], **how)
        return wait_until(
            lambda: self.record(taken.message_id), what=lambda: f"no record of {taken.message_id}: {self.letters()}"
        )

    def record(self, message_id: str) -> dict[str, Any]:
        """The record of a mail once it has ended."""
        item = self.mail_path.dynamodb.get_item(
            TableName=self.outputs["ReceivedTable"], Key={"id": {"S": message_id}}, ConsistentRead=True
        ).get("Item", {})
        return item if item.get("status", {}).get("S") in {"stored", "quarantined", "dropped", "unreadable"} else {}

    def letters(self) -> list[dict[str, Any]]:
        return self.mail_path.receive("InboxDeadLetter")

    def stored(self, record: dict[str, Any]) -> bytes:
        """The mail as it lies in S3."""
        s3 = self.mail_path.cloud.client("s3")
        return s3.get_object(Bucket=self.outputs["InboxBucket"], Key=record["s3_key"]["S"])["Body"].read()

    def routes(self, record: dict[str, Any]) -> dict[str, str]:
        """What came of each route that the mail has taken."""
        return {name: value["S"] for name, value in record.get("routes", {"M": {}})["M"].items()}


@pytest.fixture
def inbox(mail_path: MailPath) -> Inbox:
    return Inbox(mail_path)


def test_a_mail_is_stored_recorded_and_forwarded_with_its_sender_to_reply_to(inbox: Inbox, mail_path: MailPath) -> None:
    mail = letter("お問い合わせ", to=inbox.address("hello"))
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    record = inbox.receive(mail, to=inbox.address("hello"))
    assert record["status"]["S"] == "stored"
    assert record["subject"]["S"] == "お問い合わせ"
    assert base64.b64encode(b"%PDF") in inbox.stored(record)
    (attachment,) = record["attachments"]["L"]
    assert attachment["M"]["name"]["S"] == "a.pdf"
    assert mail_path.sent(1) == ["お問い合わせ"]
    (forwarded,) = mail_path.mails()
    assert forwarded["to"] == ["hana@example.com"]
    headers = {header["name"].lower(): header["value"] for header in forwarded["headers"]}
    assert headers["from"].endswith(f"@{inbox.outputs['Domain']}>")
    assert "taro@example.org" in headers["reply-to"]
    assert forwarded["attachments"][0]["filename"] == "a.pdf"


def test_a_mail_that_has_been_here_before_is_not_sent_on_again(inbox: Inbox, mail_path: MailPath) -> None:
    inbox.receive(letter("once", to=inbox.address("hello")), to=inbox.address("hello"))
    mail_path.sent(1)
    raw = base64.b64decode(mail_path.mails()[0]["raw"])
    taken = send(mail_path.cloud, raw, sender="hana@example.com", recipients=[inbox.address("hello")])
    record = wait_until(lambda: inbox.record(taken.message_id))
    assert [*inbox.routes(record).values()] == ["looped"]
    assert mail_path.sent(1) == ["once"]


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}])
def test_an_automatic_answer_is_kept_and_not_sent_on(
    inbox: Inbox, mail_path: MailPath, headers: dict[str, str]
) -> None:
    record = inbox.receive(letter("away", to=inbox.address("hello"), **headers), to=inbox.address("hello"))
    assert (record["status"]["S"], [*inbox.routes(record).values()]) == ("stored", ["auto-reply"])
    assert mail_path.mails() == []


def test_a_bounce_of_others_is_kept_and_not_sent_on(inbox: Inbox, mail_path: MailPath) -> None:
    record = inbox.receive(letter("failure notice", to=inbox.address("hello")), to=inbox.address("hello"), sender="")
    assert [*inbox.routes(record).values()] == ["auto-reply"]
    assert mail_path.mails() == []


def test_a_virus_takes_no_route(inbox: Inbox, mail_path: MailPath) -> None:
    mail = letter("invoice", to=inbox.address("hello"))
    eicar = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    mail.add_attachment(eicar, maintype="application", subtype="octet-stream", filename="a.com")
    record = inbox.receive(mail, to=inbox.address("hello"))
    assert record["status"]["S"] in {"dropped", "quarantined"}
    assert record["verdicts"]["M"]["virus"]["S"] == "FAIL"
    assert mail_path.mails() == []


def test_a_mail_to_nobody_here_or_without_tls_is_refused(inbox: Inbox, cloud: Cloud) -> None:
    mail = letter("hello", to="hello@example.net").as_bytes()
    with pytest.raises(RefusedError):
        send(cloud, mail, sender="taro@example.org", recipients=["hello@example.net"])
    with pytest.raises(RefusedError):
        send(cloud, mail, sender="taro@example.org", recipients=[inbox.address("hello")], tls=False)


def test_the_rule_set_of_the_stage_is_the_active_one_after_the_deploy(inbox: Inbox, cloud: Cloud) -> None:
    active = cloud.client("ses").describe_active_receipt_rule_set()
    assert active["Metadata"]["Name"] == inbox.outputs["ReceiptRuleSet"]
    (rule,) = active["Rules"]
    assert (rule["TlsPolicy"], rule["ScanEnabled"], rule["Enabled"]) == ("Require", True, True)
    assert inbox.domain in rule["Recipients"]


def test_a_mail_in_no_form_at_all_ends_in_a_record_and_stays_in_s3(inbox: Inbox, mail_path: MailPath) -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(3000)
    )
    taken = send(
        mail_path.cloud,
        b"From: \xff\xfe\r\nSubject: =?utf-8?b?!!!?=\r\n" + deep,
        sender="taro@example.org",
        recipients=[inbox.address("hello")],
    )
    record = wait_until(lambda: inbox.record(taken.message_id), what=lambda: str(inbox.letters()))
    assert record["status"]["S"] in {"stored", "unreadable"}
    assert b"boundary=b2999" in inbox.stored(record)
    assert inbox.letters() == []
