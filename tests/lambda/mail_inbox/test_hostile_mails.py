"""Whatever stands in the bucket: it is read within bounds of time and memory, or said to be unreadable."""

import time
import tracemalloc
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mail_inbox import structure
from mail_inbox.fields import MAX_HEADER_BYTES
from mail_inbox.forwarding import forwarded
from mail_inbox.mail import Mail, UnreadableError, read
from mail_inbox.structure import MAX_DEPTH, MAX_PARTS
from tests.received_mails import DOMAIN, SUPPORT, file, mail, multipart, nested

MEBIBYTE = 1_048_576
LARGE = 30 * MEBIBYTE


@contextmanager
def within(*, seconds: float, mebibytes: float) -> Generator[None]:
    """Fail where something takes more time or memory than this, beside what is there already."""
    tracemalloc.start()
    started = time.process_time()
    try:
        yield
        took, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < seconds
    assert peak < mebibytes * MEBIBYTE


def refusal(raw: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableError) as caught:
        read(raw)
    return caught.value.code, caught.value.detail


def test_a_mail_of_30_mb_is_read_without_a_copy_and_sent_on_with_one() -> None:
    raw = multipart(file(b"x" * (LARGE * 3 // 4), name="film.mp4"))
    assert len(raw) > LARGE
    with within(seconds=20, mebibytes=1):
        found = read(raw)
    assert found.attachments[0].size == LARGE * 3 // 4
    with within(seconds=20, mebibytes=len(raw) / MEBIBYTE + 1):
        forwarded(raw, found, domain=DOMAIN, received_for=SUPPORT, source="")


@pytest.mark.parametrize(
    "line", [b"\n", b"a\n", b"\r\n", b"\r", b"--\n", b"--b", b"--b-", b"=\r\n", b"\x00", b"From \n"]
)
def test_30_mb_of_whatever_lines_are_read_in_bounds(line: bytes) -> None:
    raw = multipart(({"Content-Type": "text/plain"}, line * (LARGE // len(line))))
    with within(seconds=30, mebibytes=5), suppress(UnreadableError):
        read(raw)


def test_30_mb_of_boundaries_are_unreadable() -> None:
    code, detail = refusal(multipart(({}, b"--b\r\n" * (LARGE // 5))))
    assert (code, detail) == ("Structure", f"more than {structure.MAX_LOOKS} places that look like a boundary")


def test_30_mb_of_what_looks_like_a_boundary_is_unreadable() -> None:
    code, detail = refusal(multipart(({}, b"--b " * (LARGE // 4))))
    assert (code, detail) == ("Structure", f"more than {structure.MAX_LOOKS} places that look like a boundary")


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 1000, 5000])
def test_parts_nested_deeply_are_unreadable(levels: int) -> None:
    with within(seconds=30, mebibytes=20):
        assert refusal(nested(levels)) == ("Structure", f"parts nested more than {MAX_DEPTH} deep")


def test_parts_nested_as_deep_as_may_be_are_read() -> None:
    [part] = read(nested(MAX_DEPTH)).parts
    assert part.type == "text/plain"


def test_each_level_of_a_large_mail_costs_one_look_at_its_bytes() -> None:
    head, tail = nested(MAX_DEPTH).split(b"the end\r\n")
    raw = head + b"x" * LARGE + tail
    with within(seconds=30, mebibytes=1):
        read(raw)


def test_a_multipart_that_names_its_own_boundary_within_itself_comes_to_an_end() -> None:
    inner = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' * 300
    with suppress(UnreadableError):
        read(mail(b"--b\r\n" + inner, fields={"Content-Type": 'multipart/mixed; boundary="b"'}))


@pytest.mark.parametrize("count", [1000, 5000])
def test_thousands_of_parts_are_unreadable(count: int) -> None:
    assert refusal(multipart(*[({}, b"x")] * count)) == ("Structure", f"more than {MAX_PARTS} parts")


def test_a_header_without_an_end_is_unreadable() -> None:
    code, detail = refusal(b"X-Long: x\r\n" * 3_000_000)
    assert (code, detail) == ("Header", f"the header has more than {MAX_HEADER_BYTES} bytes")
    assert refusal(b"X-Long: " + b"x" * LARGE)[0] == "Header"
    assert refusal(b"X: 1\r\n" + b" \r\n" * LARGE)[0] == "Header"
    assert refusal(multipart(({"X-Long": "x" * LARGE}, b"")))[0] == "Header"


def test_ten_thousand_fields_are_read_and_sent_on() -> None:
    raw = mail(fields={f"X-{number}": "y" for number in range(10_000)})
    with within(seconds=30, mebibytes=20):
        sent = forwarded(raw, read(raw), domain=DOMAIN, received_for=SUPPORT, source="")
    assert sent.count(b"\r\nX-") > 10_000


# What the library takes long for, or fails at, when nobody has cut it before.
POISONS = [
    "(",
    '"',
    "a,",
    "<",
    "=?utf-8?q?",
    "=?utf-8?q?a?= ",
    "a b ",
    ":;",
    "\\",
    "()",
    ".",
    '"a" ',
    "a*1=x;",
    "<a@b>,",
]


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("name", ["From", "To", "Subject", "Reply-To", "Content-Type", "Content-Disposition"])
def test_poison_for_the_library_costs_little_time(name: str, poison: str) -> None:
    raw = mail(fields={name: poison * (100_000 // len(poison))})
    started = time.process_time()
    found = read(raw)
    forwarded(raw, found, domain=DOMAIN, received_for=SUPPORT, source="")
    assert time.process_time() - started < 20


def test_poison_in_every_part_costs_little_time() -> None:
    part = {"Content-Type": "text/plain; " + '"' * 2000, "Content-Disposition": "attachment; " + '"' * 2000}
    started = time.process_time()
    assert refusal(multipart(*[(part, b"")] * (MAX_PARTS - 1)))[0] == "Structure"
    assert time.process_time() - started < 40


def test_as_many_parts_as_may_be_have_room_for_usual_names() -> None:
    usual = [file(b"x", name=f"a quite usual name of a file {number}.pdf") for number in range(MAX_PARTS - 1)]
    assert len(read(multipart(*usual)).parts) == MAX_PARTS - 1


pieces = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b"--b",
            b"--b--",
            b"--",
            b"\x00",
            b"\xff\xfe",
            b"\xe2\x80\xa8",
            b"=?",
            b"?=",
        ),
        *(
            b"From: ",
            b"To: ",
            b"Subject: ",
            b"Content-Type: ",
            b"multipart/mixed; boundary=b",
            b"message/rfc822",
            b"(",
            b'"',
        ),
        *(
            b"Content-Transfer-Encoding: base64",
            b"Content-Disposition: attachment; filename*0*=",
            b"a@b.example",
            b"From ",
        ),
        *(
            b"Reply-To: ",
            b"X-SES-CONFIGURATION-SET: other",
            b"Bcc : victim@example.com",
            b"=?utf-8?q?=0d=0aBcc:_v@example.com?=",
        ),
    ]
)
hostile = st.lists(pieces | st.binary(max_size=5), max_size=60).map(b"".join)
shapes: list[Callable[[bytes], bytes]] = [
    bytes,
    lambda junk: b"From: a@example.com\r\n" + junk,
    lambda junk: b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + junk + b"\r\n--b--",
]


@given(junk=hostile, shape=st.sampled_from(shapes))
@effort(deadline=None, max_examples=500)
def test_nothing_but_a_refusal_escapes(junk: bytes, shape: Callable[[bytes], bytes]) -> None:
    raw = shape(junk)
    with suppress(UnreadableError):
        found = read(raw)
        assert_printable(found)
        sent = forwarded(raw, found, domain=DOMAIN, received_for=SUPPORT, source="")
        assert sent.endswith(raw[found.body :])


def assert_printable(found: Mail) -> None:
    texts = [found.sender, *found.to, found.subject]
    texts += [text for attachment in found.attachments for text in (attachment.name, attachment.type)]
    assert all(text.encode() and "\n" not in text and "\r" not in text for text in texts if text)
    assert all(attachment.size >= 0 for attachment in found.attachments)
