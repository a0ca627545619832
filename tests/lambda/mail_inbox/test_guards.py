"""Which mails are not sent on: our own that come back, and those that no person has written."""

import pytest

from mail_inbox.guards import obstacle
from mail_inbox.mail import read
from tests.received_mails import RECEIVING, mail


def why_not(fields: dict[str, str] | None = None, *, source: str = "hana@example.com") -> str:
    return obstacle(read(mail(fields=fields)).fields, source=source, domains={RECEIVING})


def test_a_mail_that_a_person_has_written_is_sent_on() -> None:
    assert why_not() == ""


@pytest.mark.parametrize("mark", [f"support@{RECEIVING}", f"<Other@{RECEIVING.upper()}> ", f"a@b@{RECEIVING}"])
def test_a_mail_that_one_of_our_domains_has_sent_on_before_is_a_loop(mark: str) -> None:
    assert why_not({"X-Loop": mark}) == "looped"


def test_one_mark_of_ours_among_others_is_enough() -> None:
    raw = b"X-Loop: list@example.com\r\n" + mail(fields={"X-Loop": f"support@{RECEIVING}"})
    assert obstacle(read(raw).fields, source="hana@example.com", domains={RECEIVING}) == "looped"


@pytest.mark.parametrize("mark", ["list@example.com", "", f"support@not-{RECEIVING}", f"{RECEIVING}.example.com"])
def test_the_mark_of_another_is_no_loop(mark: str) -> None:
    assert why_not({"X-Loop": mark}) == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "Auto-Generated; owner-email=a@example.com"},
        {"auto-submitted": "auto-notified (by a program)"},
        {"Auto-Submitted": ""},
        {"Precedence": "bulk"},
        {"Precedence": "Junk"},
        {"Precedence": "list"},
        {"Precedence": "auto_reply"},
        {"X-Autoreply": "yes"},
        {"X-Autorespond": "vacation"},
        {"Return-Path": "<>"},
    ],
)
def test_a_mail_that_a_program_has_written_is_an_auto_reply(fields: dict[str, str]) -> None:
    assert why_not(fields) == "auto-reply"


@pytest.mark.parametrize("source", ["", "<>", " "])
def test_a_mail_without_a_sender_is_an_auto_reply(source: str) -> None:
    assert why_not(source=source) == "auto-reply"


@pytest.mark.parametrize(
    "fields", [{"Auto-Submitted": "no"}, {"Auto-Submitted": "No (a person)"}, {"Precedence": "first-class"}]
)
def test_what_says_that_a_person_has_written_it_is_sent_on(fields: dict[str, str]) -> None:
    assert why_not(fields) == ""


@pytest.mark.parametrize("line_break", ["\r", "\n", "\r\n"])
def test_no_kind_of_line_break_hides_a_field(line_break: str) -> None:
    assert why_not({"X-Other": f"a{line_break}Auto-Submitted: auto-replied"}) == "auto-reply"
