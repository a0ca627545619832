"""What is read of a mail, and that it is what the standard library reads."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mail_inbox.mail import MAX_ADDRESS, MAX_ADDRESSES, MAX_ATTACHMENTS, MAX_SUBJECT, UnreadableError, read
from tests.received_mails import file, mail, multipart


def test_a_mail_tells_who_wrote_to_whom_about_what() -> None:
    found = read(mail(fields={"From": '"Sato, Hana" <hana@example.com>', "To": "a@example.com, Bo <b@example.com>"}))
    assert found.sender == "Sato, Hana <hana@example.com>"
    assert found.to == ["a@example.com", "Bo <b@example.com>"]
    assert found.subject == "A question"
    assert found.attachments == []


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("=?UTF-8?B?44GK5ZWP44GE5ZCI44KP44Gb?=", "お問い合わせ"),
        ("=?ISO-2022-JP?B?GyRCJCpMZCQkOWckbyQ7GyhC?=", "お問い合わせ"),
        ("=?UTF-8?Q?Caf=C3=A9?= =?UTF-8?Q?_Bar?=", "Café Bar"),
        ("お問い合わせ", "お問い合わせ"),
        ("first\r\n second\r\n\tthird", "first second third"),
        ("", ""),
    ],
)
def test_a_subject_is_decoded_whatever_it_is_written_in(subject: str, expected: str) -> None:
    assert read(mail(fields={"Subject": subject})).subject == expected


@pytest.mark.parametrize(
    "subject",
    [
        *(
            "=?no-such-charset?B?AAAA?=",
            "=?UTF-8?B?broken!?=",
            "=?UTF-8?B?/////w==?=",
            "=?UTF-8?B?AAEKDQ==?=",
            "=?",
            "=?=",
        ),
        *("\udcff\udcfe latin or worse", "=?UTF-8?Q?=ED=A0=80?=", "\x00\x1b[31m", "=?utf-7?Q?+AAo-?="),
    ],
)
def test_a_subject_in_no_encoding_is_told_printable(subject: str) -> None:
    found = read(mail(fields={"Subject": subject})).subject
    assert found.isprintable()
    found.encode()


@pytest.mark.parametrize("left_out", ["From", "To", "Subject"])
def test_a_mail_without_a_field_is_read_all_the_same(left_out: str) -> None:
    found = read(mail(without=[left_out]))
    assert [found.sender, found.to or "", found.subject].count("") == 1


def test_a_from_that_is_no_address_is_told_as_it_stands() -> None:
    assert read(mail(fields={"From": "undisclosed"})).sender == "undisclosed"
    assert read(mail(fields={"From": ":;" * 10})).sender == ":;" * 10


def test_files_are_told_by_name_type_and_size() -> None:
    found = read(
        multipart(
            ({"Content-Type": "text/plain"}, b"see the files"),
            file(b"x" * 1000, name="letter.pdf", kind="application/pdf"),
            file(b"", name="empty.bin"),
            ({"Content-Type": "image/png; name=inline.png"}, b"12345"),
            ({"Content-Disposition": "attachment", "Content-Transfer-Encoding": "quoted-printable"}, b"a=3D=\r\nb"),
        )
    )
    assert [(each.name, each.type, each.size) for each in found.attachments] == [
        ("letter.pdf", "application/pdf", 1000),
        ("empty.bin", "application/octet-stream", 0),
        ("inline.png", "image/png", 5),
        ("", "text/plain", 3),
    ]


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf", "請求書.pdf"),
        ("filename*0*=UTF-8''%E8%AB%8B; filename*1*=%E6%B1%82.pdf", "請求.pdf"),
        ('filename="=?UTF-8?B?6KuL5rGC5pu4LnBkZg==?="', "請求書.pdf"),
        ('filename="../../etc/passwd"', "../../etc/passwd"),
        ('filename="photo\u202egpj.exe"', "photo gpj.exe"),
        ('filename="a\x00b\x1bc.pdf"', "a b c.pdf"),
    ],
)
def test_names_of_files_are_decoded_and_cannot_deceive(given_name: str, expected: str) -> None:
    part = {"Content-Type": "application/pdf", "Content-Disposition": f"attachment; {given_name}"}
    [attachment] = read(multipart((part, b"%PDF"))).attachments
    assert attachment.name == expected


def test_a_mail_that_is_a_file_itself_is_told_as_one() -> None:
    given_fields, content = file(b"packed", name="report.gz", kind="application/gzip")
    assert read(mail(content, fields=given_fields)).attachments[0].size == len(b"packed")


def test_lists_and_texts_are_cut() -> None:
    many = ", ".join(f"a{number}@example.com" for number in range(200))
    found = read(
        multipart(
            *[file(b"x", name=f"{number}" + "n" * 500) for number in range(100)],
            fields={"To": many, "From": f"{'n' * 900} <hana@example.com>", "Subject": "s" * 900},
        )
    )
    assert len(found.to) == MAX_ADDRESSES
    assert len(found.sender) == MAX_ADDRESS
    assert len(found.subject) == MAX_SUBJECT
    assert len(found.attachments) == MAX_ATTACHMENTS
    assert max(len(each.name) for each in found.attachments) == 255


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\nbody alone", b"no field at all\r\n", b"\x00\x01\x02" * 100])
def test_what_has_no_header_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(raw)
    assert caught.value.code == "NoHeader"


texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40).filter(str.strip)
names = st.text("abc 請求書é._-()'", min_size=1, max_size=60).map(str.strip).filter(bool)
files = st.lists(st.tuples(names, st.binary(max_size=3000)), max_size=5)


@given(subject=texts, body=texts, attached=files, html=st.booleans())
@effort(deadline=None)
def test_every_mail_that_the_library_writes_is_read_as_the_library_reads_it(
    subject: str, body: str, attached: list[tuple[str, bytes]], *, html: bool
) -> None:
    written = EmailMessage(policy=SMTP)
    written["From"], written["To"] = "Hana <hana@example.com>", "support@in.mail.test"
    written["Subject"] = subject
    written.set_content(body)
    if html:
        written.add_alternative(f"<p>{body}</p>", subtype="html")
    for name, content in attached:
        written.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    raw = written.as_bytes()
    found, expected = read(raw), message_from_bytes(raw, policy=default)
    assert [(each.name, each.type, each.size) for each in found.attachments] == [
        (" ".join(each.get_filename("").split()), each.get_content_type(), len(_bytes(each)))
        for each in expected.iter_attachments()
    ]
    leaves = [each for each in expected.walk() if not each.is_multipart()]
    assert [part.type for part in found.parts] == [leaf.get_content_type() for leaf in leaves]
    assert found.subject == " ".join(str(expected["subject"]).split())


def _bytes(part: Any) -> bytes:
    return part.get_payload(decode=True)
