"""`make mails` shows what the local SES has taken, safely."""

from collections.abc import Callable
from typing import Any

import pytest

from local.cloud import Cloud
from operate import mails, show
from operate import stage as stages

Command = Callable[[str, Callable[[], int]], tuple[int, list[str], list[str]]]

MAIL: dict[str, Any] = {
    "message_id": "0100-ses",
    "taken_at": 1_795_500_000.0,
    "from": "hello@edgepost.test",
    "to": ["taro@example.com", "hanako@example.com"],
    "cc": [],
    "bcc": [],
    "reply_to": ["reply@example.com"],
    "subject": "お知らせ",
    "text": "こんにちは。\n二行目",
    "html": None,
    "attachments": [{"filename": "請求書.pdf", "content_type": "application/pdf", "content": "JVBERg=="}],
}


def test_a_mail_is_shown_with_its_head_and_its_text() -> None:
    taken, *lines = show.mail(MAIL)
    assert taken.endswith("id 0100-ses")
    assert lines == [
        "  from      hello@edgepost.test",
        "  to        taro@example.com, hanako@example.com",
        "  reply-to  reply@example.com",
        "  subject   お知らせ",
        "  attached  請求書.pdf (application/pdf)",
        "  | こんにちは。",
        "  | 二行目",
    ]


def test_an_encoded_name_is_shown_as_it_reads() -> None:
    lines = list(show.mail(MAIL | {"to": ["=?utf-8?b?5bGx55Sw?= <yamada@example.com>"]}))
    assert "  to        山田 <yamada@example.com>" in lines


def test_a_mail_cannot_drive_the_terminal() -> None:
    lines = "\n".join(show.mail(MAIL | {"subject": "\x1b[2Jgone", "text": "\x07bell \u202eright to left"}))
    assert "subject   \\x1b[2Jgone" in lines
    assert "| \\x07bell \\u202eright to left" in lines


def test_only_html_is_shown_too() -> None:
    assert list(show.mail(MAIL | {"text": None, "html": "<p>hi</p>"}))[-1] == "  | <p>hi</p>"


def utf_8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def test_the_mails_of_the_local_ses_are_listed(cloud: Cloud, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "running_cloud", lambda: cloud)
    ses = cloud.client("sesv2")
    ses.create_email_identity(EmailIdentity="mails.test")
    before = len(cloud.ses.mails())
    ses.send_email(
        FromEmailAddress="hello@mails.test",
        Destination={"ToAddresses": ["success@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": utf_8("一覧"), "Body": {"Text": utf_8("本文")}}},
    )
    code, (first, *lines), _ = command("mails", mails.main)
    assert code == 0
    assert first.split()[0] == str(before + 1)
    assert lines[-2:] == ["  subject   一覧", "  | 本文"]


def test_the_mails_of_a_real_account_cannot_be_listed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "dev")
    line = "mails: only the local SES keeps what it takes; leave STAGE out"
    assert command("mails", mails.main) == (2, [], [line])
