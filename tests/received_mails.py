"""Mails as strangers send them, and what SES tells of them."""

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from mail_inbox.settings import Route, Settings, Verdicts

BUCKET = "inbox"
DOMAIN = "mail.test"
RECEIVING = "in.mail.test"
SUPPORT = f"support@{RECEIVING}"
REPORTS = f"dmarc@{RECEIVING}"

VERDICTS = Verdicts(spam="quarantine", virus="drop", spf="accept", dkim="accept", dmarc="quarantine")
ROUTE = Route(name="support", recipients=(SUPPORT,), forward_to=("hana@example.com",))


def settings(**changed: Any) -> Settings:
    """The inbox's settings in tests, with some of them changed."""
    usual: dict[str, Any] = {
        "received_table": "received",
        "inbox_bucket": BUCKET,
        "attachments_bucket": "attachments",
        "mail_queue_url": "http://queues/mail",
        "dead_letter_url": "http://queues/dead",
        "mail_domain": DOMAIN,
        "receiving_domains": frozenset({RECEIVING}),
        "routes": (ROUTE,),
        "verdicts": VERDICTS,
        "record_days": 30,
        "max_forward_bytes": 38_000_000,
    }
    return Settings(**(usual | changed))


def mail(body: bytes = b"Hello\r\n", *, fields: Mapping[str, str] | None = None, without: Iterable[str] = ()) -> bytes:
    """A mail to the support, with some fields changed, added or left out."""
    usual = {
        "Return-Path": "<hana@example.com>",
        "From": "Hana Sato <hana@example.com>",
        "To": SUPPORT,
        "Subject": "A question",
        "Message-ID": "<1@example.com>",
    }
    header = {name: text for name, text in (usual | dict(fields or {})).items() if name not in without}
    lines = [f"{name}: {text}\r\n".encode("utf-8", "surrogateescape") for name, text in header.items()]
    return b"".join(lines) + b"\r\n" + body


def multipart(*parts: tuple[Mapping[str, str], bytes], fields: Mapping[str, str] | None = None) -> bytes:
    """A mail of several parts, each with its own fields."""
    body = b"".join(
        b"--b\r\n"
        + b"".join(f"{name}: {text}\r\n".encode() for name, text in given.items())
        + b"\r\n"
        + content
        + b"\r\n"
        for given, content in parts
    )
    kind = {"Content-Type": 'multipart/mixed; boundary="b"'}
    return mail(body + b"--b--\r\n", fields=kind | dict(fields or {}))


def file(content: bytes, *, name: str, kind: str = "application/octet-stream") -> tuple[dict[str, str], bytes]:
    """A part that is a file, in base64."""
    given = {
        "Content-Type": kind,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Transfer-Encoding": "base64",
    }
    return given, base64.encodebytes(content).replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def nested(levels: int) -> bytes:
    """A mail whose parts have parts, so many levels deep."""
    inner = b"Content-Type: text/plain\r\n\r\nthe end\r\n"
    for level in range(levels):
        boundary = f"level-{level}-".encode()
        inner = (
            b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n'
            b"--" + boundary + b"\r\n" + inner + b"\r\n--" + boundary + b"--\r\n"
        )
    return b"From: deep@example.com\r\nSubject: deep\r\n" + inner


def report(records: str = "", **changed: str) -> bytes:
    """An aggregate report, by default of three messages that passed and two that failed."""
    texts = {"org": "Example Mail", "domain": DOMAIN, "begin": "1790000000", "prolog": ""} | changed
    return f"""<?xml version="1.0" encoding="UTF-8"?>{texts["prolog"]}
<feedback>
  <report_metadata>
    <org_name>{texts["org"]}</org_name>
    <report_id>42</report_id>
    <date_range><begin>{texts["begin"]}</begin><end>1790086400</end></date_range>
  </report_metadata>
  <policy_published><domain>{texts["domain"]}</domain><p>reject</p><sp>none</sp></policy_published>
  {records or counted(3) + counted(2, disposition="reject", dkim="fail", spf="fail")}
</feedback>""".encode()


def counted(count: int | str, *, disposition: str = "none", dkim: str = "pass", spf: str = "pass") -> str:
    """One record of a report."""
    return f"""<record><row><source_ip>192.0.2.1</source_ip><count>{count}</count><policy_evaluated>
    <disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row>
    <auth_results><dkim><domain>example.com</domain><result>pass</result></dkim></auth_results></record>"""


def zipped(content: bytes, *, name: str = "report.xml") -> bytes:
    """A zip archive of one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def report_mail(content: bytes, *, name: str = "report.xml.gz", kind: str = "application/gzip") -> bytes:
    """A mail with one file, as mail systems send their reports."""
    return multipart(file(content, name=name, kind=kind), fields={"Subject": "Report domain: mail.test", "To": REPORTS})


def gzipped_report(**changed: str) -> bytes:
    """The usual report, packed as most are."""
    return gzip.compress(report(**changed))


def notification(
    *,
    message_id: str = "m1",
    recipients: Iterable[str] = (SUPPORT,),
    source: str | None = "hana@example.com",
    bucket: str = BUCKET,
    key: str = "",
    **verdicts: str,
) -> dict[str, Any]:
    """What SES tells of a mail that it has put into the bucket; all checks have passed but those that are named."""
    checks = {name: {"status": verdicts.get(name, "PASS")} for name in ("spam", "virus", "spf", "dkim", "dmarc")}
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": "2026-11-02T03:04:05.678Z",
            "source": source,
            "messageId": message_id,
            "destination": [*recipients],
            "headersTruncated": False,
            "headers": [{"name": "Subject", "value": "A question"}],
            "commonHeaders": {"subject": "A question"},
        },
        "receipt": {
            "timestamp": "2026-11-02T03:04:05.678Z",
            "processingTimeMillis": 222,
            "recipients": [*recipients],
            **{f"{name}Verdict": verdict for name, verdict in checks.items()},
            "action": {
                "type": "S3",
                "topicArn": "arn:aws:sns:ap-northeast-1:000000000000:received",
                "bucketName": bucket,
                "objectKeyPrefix": "",
                "objectKey": key or message_id,
            },
        },
    }


def told(**changed: Any) -> str:
    """The same as the body of a queue's message."""
    return json.dumps(notification(**changed))
