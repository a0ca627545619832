"""Aggregate reports: read in every packing, summarized, and refused where they would do harm."""

import gzip
import io
import time
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mail_inbox.dmarc import MAX_ELEMENTS, ReportError, Summary, reports, summarize, summary
from mail_inbox.mail import read
from mail_inbox.unpacking import MAX_PACKED_BYTES, MAX_UNPACKED_BYTES
from tests.received_mails import (
    DOMAIN,
    counted,
    file,
    gzipped_report,
    mail,
    multipart,
    report,
    report_mail,
    zipped,
)

EXPECTED = Summary(
    organisation="Example Mail",
    report_id="42",
    domain=DOMAIN,
    policy="reject",
    begin=1_790_000_000,
    end=1_790_086_400,
    messages=5,
    disposition={"none": 3, "reject": 2},
    dkim={"pass": 3, "fail": 2},
    spf={"pass": 3, "fail": 2},
)


def of(raw: bytes) -> Summary:
    """The summary of the one report in a mail."""
    [part] = reports(read(raw))
    return summary(raw, part)


def refusal(raw: bytes) -> str:
    with pytest.raises(ReportError) as caught:
        of(raw)
    return str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        report_mail(gzipped_report()),
        report_mail(gzipped_report(), name="report", kind="application/x-gzip"),
        report_mail(gzipped_report(), name="report.XML.GZ", kind="application/octet-stream"),
        report_mail(zipped(report()), name="report.zip", kind="application/zip"),
        report_mail(report(), name="report.xml", kind="text/xml"),
        # Named as what it is not, as some do.
        report_mail(gzipped_report(), name="report.zip", kind="application/zip"),
    ],
)
def test_a_report_is_read_however_it_is_packed(raw: bytes) -> None:
    assert of(raw) == EXPECTED


def test_a_mail_that_is_the_report_itself_is_read() -> None:
    given_fields, content = file(gzipped_report(), name="report.xml.gz", kind="application/gzip")
    assert of(mail(content, fields=given_fields)) == EXPECTED


def test_a_report_in_other_transfer_encodings_is_read() -> None:
    kind = {"Content-Type": "text/xml"}
    quoted = kind | {"Content-Transfer-Encoding": "quoted-printable"}
    assert of(multipart((quoted, report().replace(b"=", b"=3D")))) == EXPECTED
    assert of(multipart((kind, report()))) == EXPECTED


def test_a_report_of_a_later_version_with_a_namespace_is_read() -> None:
    xml = report().replace(b"<feedback>", b'<d:feedback xmlns:d="urn:x">').replace(b"</feedback>", b"</d:feedback>")
    assert summarize(xml) == EXPECTED


def test_words_that_are_not_known_are_counted_as_others() -> None:
    found = summarize(report(counted(7, disposition="Shred", dkim="PASS", spf="temperror")))
    assert (found.disposition, found.dkim, found.spf) == ({"other": 7}, {"pass": 7}, {"other": 7})


def test_a_mail_without_a_report_has_none() -> None:
    assert reports(read(mail(b"where do I send reports?"))) == []


@pytest.mark.parametrize("count", ["-1", "1.5", "", "x", "1e9", "٣", "9" * 13, "1 000"])
def test_a_count_that_is_no_number_is_refused(count: str) -> None:
    with pytest.raises(ReportError, match="is no count or time"):
        summarize(report(counted(count)))


BOMB = """<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>"""


@pytest.mark.parametrize(
    "prolog",
    [
        BOMB,
        '<!DOCTYPE feedback [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE feedback SYSTEM "http://169.254.169.254/latest/meta-data">',
        '<!DOCTYPE feedback [<!ENTITY % x SYSTEM "http://example.com/x.dtd"> %x;]>',
        "<!DOCTYPE feedback>",
    ],
)
def test_a_report_with_a_document_type_is_refused_before_it_is_obeyed(prolog: str) -> None:
    assert "DTDForbidden" in refusal(report_mail(gzip.compress(report(prolog=prolog, org="&d;&x;"))))


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"no xml",
        b"<feedback>",
        b"<feedback></other>",
        b'<?xml version="1.0" encoding="no-such"?><feedback/>',
        b'<?xml version="1.0" encoding="utf-7"?><feedback/>',
        b"\xff\xfe\x00" * 20,
        b"<html><body>you won</body></html>",
        b"<a>" * 1_000_000,
        b"<feedback>" + b"<a>" * 30 + b"</a>" * 30 + b"</feedback>",
        b"<feedback>" + b"<a/>" * (MAX_ELEMENTS + 1) + b"</feedback>",
        b'<feedback><a b="' + b"&#1;" * 10 + b'"/></feedback>',
    ],
)
def test_what_is_no_report_is_refused(xml: bytes) -> None:
    with pytest.raises(ReportError):
        summarize(xml)


def bomb_of_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("report.xml", "w") as inner:
        for _ in range(500):
            inner.write(b"\0" * 1_000_000)
    return packed.getvalue()


def bomb_of_gzip() -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join([*(packer.compress(b"\0" * 1_000_000) for _ in range(500)), packer.flush()])


@pytest.mark.parametrize("bomb", [bomb_of_gzip(), bomb_of_zip()])
def test_a_bomb_is_refused_before_it_is_unpacked(bomb: bytes) -> None:
    raw = report_mail(bomb)
    tracemalloc.start()
    assert refusal(raw) == f"more than {MAX_UNPACKED_BYTES} bytes once unpacked"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * MAX_UNPACKED_BYTES + 4 * len(bomb)


def test_a_file_that_is_packed_to_more_than_any_report_is_not_unpacked() -> None:
    assert f"at most {MAX_PACKED_BYTES} are read" in refusal(report_mail(b"\x1f\x8b" + b"x" * MAX_PACKED_BYTES))


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (gzipped_report()[:100], "broken gzip: it has no end"),
        (b"\x1f\x8b" + b"junk" * 20, "broken gzip"),
        (zipped(report())[:100], "broken zip"),
        (zipped(report()).replace(b"\x08\x00", b"\x63\x00"), "broken zip"),
        (b"PK\x03\x04" + b"junk" * 20, "broken zip"),
    ],
)
def test_a_broken_archive_is_refused(broken: bytes, expected: str) -> None:
    assert expected in refusal(report_mail(broken))


def test_an_archive_without_files_is_refused() -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    assert "not well-formed" in refusal(report_mail(empty.getvalue()))
    assert "broken zip: IndexError" in refusal(report_mail(b"PK\x03\x04" + empty.getvalue()))


def test_broken_base64_is_refused() -> None:
    part = {"Content-Type": "text/xml", "Content-Transfer-Encoding": "base64"}
    assert "broken base64" in refusal(multipart((part, b"A")))


def test_the_slowest_report_costs_few_seconds() -> None:
    xml = b"<feedback>" + counted(1).encode() * 40_000 + b"</feedback>"
    started = time.process_time()
    assert summarize(xml).messages == 40_000
    assert time.process_time() - started < 60


junk = st.lists(
    st.sampled_from(
        [b"<feedback>", b"</feedback>", b"<record>", b"</record>", b"<row>", b"<count>", b"1", b"&amp;", b"<!--"]
    )
    | st.binary(max_size=6),
    max_size=30,
).map(b"".join)


@given(content=junk | junk.map(gzip.compress) | junk.map(zipped))
@effort(deadline=None)
def test_nothing_but_a_refusal_escapes(content: bytes) -> None:
    raw = report_mail(content)
    for part in reports(read(raw)):
        try:
            assert summary(raw, part).messages >= 0
        except ReportError:
            continue


@given(counts=st.lists(st.integers(0, 10**6), max_size=20))
def test_every_message_is_counted_once_in_each_way(counts: list[int]) -> None:
    found = summarize(report("<!-- none -->" + "".join(counted(count) for count in counts)))
    assert found.messages == sum(counts)
    assert all(sum(ways.values()) == found.messages for ways in (found.disposition, found.dkim, found.spf))
