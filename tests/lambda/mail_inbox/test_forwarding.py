"""What is sent on: an own sender, answers to the original one, the same body, and nothing that a stranger slips in."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mail_inbox.forwarding import ONCE, forwarded
from mail_inbox.mail import read
from tests.received_mails import DOMAIN, SUPPORT, file, mail, multipart


def sent_on(raw: bytes, *, source: str = "bounces@example.com", received_for: str = SUPPORT) -> bytes:
    return forwarded(raw, read(raw), domain=DOMAIN, received_for=received_for, source=source)


def parsed(raw: bytes, **changed: Any) -> Any:
    """What a receiver's program makes of the mail that is sent on."""
    return message_from_bytes(sent_on(raw, **changed), policy=default, _class=EmailMessage)


def test_it_comes_from_an_own_address_that_names_the_sender() -> None:
    [address] = parsed(mail())["From"].addresses
    assert (address.display_name, address.addr_spec) == (f"Hana Sato via {DOMAIN}", f"forward@{DOMAIN}")


def test_an_answer_goes_to_who_wrote_it() -> None:
    assert parsed(mail())["Reply-To"] == "Hana Sato <hana@example.com>"
    answered = parsed(mail(fields={"Reply-To": "Desk <desk@example.com>, other@example.com"}))
    assert answered["Reply-To"] == "Desk <desk@example.com>, other@example.com"


def test_it_says_who_wrote_it_and_for_whom_it_was_received() -> None:
    sent = parsed(mail())
    assert sent["X-Original-From"] == "Hana Sato <hana@example.com>"
    assert sent["X-Loop"] == SUPPORT
    assert sent["To"] == SUPPORT


@pytest.mark.parametrize("name", ["佐藤 花", "Zoë", 'The "Boss"', "back\\slash", "a, b; c", "é" * 300])
def test_names_of_all_kinds_arrive(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    sent = sent_on(mail(fields={"From": f'"{quoted}" <hana@example.com>'}))
    # Read by the library's older policy, since its modern one puts blanks between the words of an encoded name.
    written, address = parseaddr(message_from_bytes(sent, policy=compat32)["From"])
    assert str(make_header(decode_header(written))) == f"{name[:100]} via {DOMAIN}"
    assert address == f"forward@{DOMAIN}"


def test_a_mail_without_from_names_its_envelope_sender() -> None:
    sent = parsed(mail(without=["From"]))
    assert sent["From"].addresses[0].display_name == f"bounces@example.com via {DOMAIN}"
    assert sent["Reply-To"] == "bounces@example.com"
    assert parsed(mail(without=["From"]), source="")["Reply-To"] is None


@pytest.mark.parametrize(
    "address", ["no address", "a@b", "<>", "undisclosed:;", "日本@例え.jp", "a@" + "b" * 400 + ".jp"]
)
def test_an_address_that_ses_refuses_is_no_address_to_answer_to(address: str) -> None:
    assert parsed(mail(fields={"From": address}), source="")["Reply-To"] is None
    assert parsed(mail(fields={"Reply-To": address}))["Reply-To"] == "Hana Sato <hana@example.com>"


@pytest.mark.parametrize(
    "name",
    [
        *("Return-Path", "Sender", "DKIM-Signature", "dkim-signature", "Bcc", "Errors-To", "ARC-Seal"),
        *("X-SES-CONFIGURATION-SET", "x-ses-message-tags", "X-SES-RETURN-PATH-ARN", "X-SES-Spam-Verdict"),
    ],
)
def test_what_is_no_longer_true_or_would_steer_ses_is_left_out(name: str) -> None:
    assert name.lower() not in sent_on(mail(fields={name: "of a stranger"})).lower().decode().split("\r\n\r\n")[0]


@pytest.mark.parametrize("name", sorted(ONCE))
def test_what_ses_takes_once_is_there_once(name: str) -> None:
    raw = f"{name}: first\r\n".encode() + mail(fields={name.title(): "second"})
    values = parsed(raw).get_all(name)
    assert values == ["first"]


@pytest.mark.parametrize("name", ["Received", "X-Mailer", "Authentication-Results"])
def test_other_fields_stay_however_often(name: str) -> None:
    raw = f"{name}: first\r\n".encode() + mail(fields={name: "second"})
    assert parsed(raw).get_all(name) == ["first", "second"]


def test_the_body_stays_to_the_byte_whatever_it_holds() -> None:
    body = bytes(range(256)) * 10 + b"\n\r\r\n--no boundary\r\n" + b"x" * 5000
    assert sent_on(mail(body)).endswith(b"\r\n\r\n" + body)


def test_files_stay() -> None:
    raw = multipart(({"Content-Type": "text/plain"}, b"see"), file(b"content", name="a.bin"))
    [attachment] = parsed(raw).iter_attachments()
    assert attachment.get_content() == b"content"


@pytest.mark.parametrize(
    ("given_subject", "expected"),
    [
        ("=?UTF-8?B?44GK5ZWP44GE5ZCI44KP44Gb?=", "お問い合わせ"),
        ("お問い合わせ" * 30, "お問い合わせ" * 30),
        ("folded\r\n here", "folded here"),
        ("null\x00byte", "null byte"),
    ],
)
def test_the_subject_arrives_in_ascii(given_subject: str, expected: str) -> None:
    raw = mail(fields={"Subject": given_subject})
    assert parsed(raw)["Subject"] == expected
    assert sent_on(raw).isascii()


SMUGGLED = [
    *(
        "\rBcc: victim@example.com",
        "\nBcc: victim@example.com",
        "\r\nBcc : victim@example.com",
        "\r\n\tx\r\nBcc\t: v@example.com",
    ),
    *(
        "\x0bBcc: victim@example.com",
        "\x85Bcc: victim@example.com",
        "\u2028Bcc: victim@example.com",
        "\x00\r\nBcc: v@example.com",
    ),
    *(
        "=?utf-8?q?=0D=0ABcc=3A_v@example.com?=",
        "=?utf-8?q?=0A?=Bcc: v@example.com",
        "\r\n \r\nBcc: victim@example.com",
        "\x1b=?utf-8?q?=0A?=Bcc: v@example.com",
    ),
]


@pytest.mark.parametrize("smuggled", SMUGGLED)
@pytest.mark.parametrize("name", ["From", "Reply-To", "Subject", "X-Other", "X-Original-From", "To"])
def test_no_field_is_slipped_in(name: str, smuggled: str) -> None:
    raw = mail(fields={name: f"Hana{smuggled} <hana@example.com>"})
    assert_sound(sent_on(raw))


@pytest.mark.parametrize("smuggled", SMUGGLED)
def test_no_field_is_slipped_in_by_the_envelope(smuggled: str) -> None:
    raw = mail(without=["From"])
    assert_sound(sent_on(raw, source=f"a{smuggled}@example.com", received_for=f'"a{smuggled}"@in.mail.test'))


@pytest.mark.parametrize("line_break", ["\r", "\n", "\r\n"])
def test_a_field_that_is_folded_stays_one_field_of_all_its_words(line_break: str) -> None:
    assert parsed(mail(fields={"X-Other": f"a{line_break} b{line_break}\tc"}))["X-Other"] == "a b c"


def test_a_line_of_blanks_within_a_field_does_not_end_the_header() -> None:
    raw = mail(fields={"X-Other": "a\r\n \r\n\t\r\n b"})
    assert parsed(raw)["X-Other"] == "a b"


def test_a_line_that_is_too_long_to_be_sent_is_left_out_with_its_field() -> None:
    sent = parsed(mail(fields={"X-Long": "x" * 1000, "X-Folded": "y" * 900 + "\r\n " + "z" * 900}))
    assert sent["X-Long"] is None
    assert sent["X-Folded"] == "y" * 900 + " " + "z" * 900


def test_the_first_line_of_a_unix_mailbox_is_left_out() -> None:
    assert sent_on(b"From hana@example.com Mon Nov  2\r\n" + mail()).startswith(b"From: ")


def assert_sound(sent: bytes) -> None:
    """What every mail that is sent on has in common, however it was received."""
    header = sent.partition(b"\r\n\r\n")[0]
    assert header.isascii()
    lines = header.split(b"\r\n")
    assert all(line.strip() and len(line) <= 998 and not set(line) & {*range(9), *range(10, 32), 127} for line in lines)
    names = [line.partition(b":")[0].strip().lower() for line in lines if line[:1] not in (b" ", b"\t")]
    assert names.count(b"from") == 1
    assert names.count(b"reply-to") <= 1
    assert not {b"bcc", b"sender", b"return-path", b"dkim-signature"} & set(names)
    assert not any(name.startswith(b"x-ses-") for name in names)
    found = message_from_bytes(sent, policy=default)
    assert [address.addr_spec for address in found["From"].addresses] == [f"forward@{DOMAIN}"]


fields = st.lists(
    st.tuples(
        st.sampled_from(
            ["From", "Reply-To", "Subject", "To", "Bcc", "X-SES-A", "Sender", "Content-Type", "X-A", "X-Loop"]
        ),
        st.lists(
            st.sampled_from(
                [
                    *SMUGGLED,
                    "Hana",
                    " <hana@example.com>",
                    "é",
                    "請求",
                    '"',
                    "\\",
                    "(",
                    ",",
                    ";",
                    ":",
                    "\x1b",
                    "=?",
                    "?=",
                ]
            )
            | st.text(max_size=5),
            max_size=8,
        ).map("".join),
    ),
    max_size=8,
)


@given(given_fields=fields, source=st.text(max_size=20))
@effort(deadline=None, max_examples=400)
def test_whatever_stands_in_a_header_what_is_sent_on_is_sound(given_fields: list[tuple[str, str]], source: str) -> None:
    header = "".join(f"{name}: {text}\r\n" for name, text in given_fields)
    assert_sound(sent_on(b"X-First: 1\r\n" + header.encode("utf-8", "replace") + b"\r\nbody", source=source))
