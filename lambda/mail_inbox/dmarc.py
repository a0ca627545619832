"""Aggregate reports: how many mails in our name other mail systems have seen, and what they did with them.

The form is that of RFC 7489, appendix C: one XML file, packed by gzip or zip, from any mail system in the world. It is
read as a stream by defusedxml, which refuses document types and with them every bomb made of entities; nothing but
counts and a few short texts is kept.
"""

from collections import Counter
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, sax
from msgspec import Struct, structs

from mail_inbox.fields import printable
from mail_inbox.mail import Mail
from mail_inbox.structure import Part
from mail_inbox.unpacking import PackedError, content

RECIPIENT = "dmarc"
# Reports in one mail; mail systems send one.
MAX_REPORTS = 2
MAX_ELEMENT_DEPTH = 20
# Some 20,000 records, which take a few seconds.
MAX_ELEMENTS = 500_000
MAX_TEXT = 255
MAX_COUNT = 10**12

TYPES = {
    *("application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed"),
    *("application/xml", "text/xml"),
}
ENDINGS = (".xml", ".gz", ".zip")

METADATA = ("feedback", "report_metadata")
POLICY = ("feedback", "policy_published")
ROW = ("feedback", "record", "row")
# The texts that are kept, by where they stand.
TEXTS: dict[tuple[str, ...], str] = {
    (*METADATA, "org_name"): "organisation",
    (*METADATA, "report_id"): "report_id",
    (*METADATA, "date_range", "begin"): "begin",
    (*METADATA, "date_range", "end"): "end",
    (*POLICY, "domain"): "domain",
    (*POLICY, "p"): "policy",
    (*ROW, "count"): "count",
    (*ROW, "policy_evaluated", "disposition"): "disposition",
    (*ROW, "policy_evaluated", "dkim"): "dkim",
    (*ROW, "policy_evaluated", "spf"): "spf",
}
OF_A_RECORD = ("count", "disposition", "dkim", "spf")
DISPOSITIONS, RESULTS = ("none", "quarantine", "reject"), ("pass", "fail")


class ReportError(Exception):
    """A file that is no aggregate report, or a hostile one; the text says why."""


class Summary(Struct, frozen=True, kw_only=True):
    """One report in short; counts are of messages."""

    organisation: str
    """Who has written the report."""
    report_id: str
    domain: str
    policy: str
    """What the domain asked for at that time: none, quarantine or reject."""
    begin: int
    """Epoch seconds."""
    end: int
    messages: int
    disposition: dict[str, int]
    dkim: dict[str, int]
    """Whether DKIM passed for the domain in From, so aligned with it."""
    spf: dict[str, int]

    def fields(self) -> dict[str, object]:
        """The summary as records and log lines hold it."""
        return structs.asdict(self)


def reports(mail: Mail) -> list[Part]:
    """The files of a mail that can be reports, by their type or name."""
    found = [part for part in mail.parts if part.type in TYPES or part.name.lower().endswith(ENDINGS)]
    return found[:MAX_REPORTS]


def summary(raw: bytes, part: Part) -> Summary:
    """Read one file of the mail; raises ReportError where it is no report that can be trusted not to do harm."""
    try:
        return summarize(content(raw, part))
    except PackedError as error:
        raise ReportError(str(error)) from error


def summarize(xml: bytes) -> Summary:
    """Read one report."""
    reader = Reader()
    try:
        sax.parseString(xml, reader, forbid_dtd=True)
    except (SAXException, DefusedXmlException, ValueError, LookupError) as error:
        raise ReportError(printable(f"{type(error).__name__}: {error}")) from error
    if reader.root != METADATA[0]:
        raise ReportError(f"root element '{reader.root}', expected '{METADATA[0]}'")
    return Summary(
        organisation=reader.texts.get("organisation", ""),
        report_id=reader.texts.get("report_id", ""),
        domain=reader.texts.get("domain", ""),
        policy=reader.texts.get("policy", ""),
        begin=_number(reader.texts.get("begin", "0")),
        end=_number(reader.texts.get("end", "0")),
        messages=reader.messages,
        disposition=dict(reader.disposition),
        dkim=dict(reader.dkim),
        spf=dict(reader.spf),
    )


class Reader(ContentHandler):
    """Follows the report's elements and keeps what TEXTS names; records are counted and forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.root = ""
        self.texts: dict[str, str] = {}
        self.messages = 0
        self.disposition: Counter[str] = Counter()
        self.dkim: Counter[str] = Counter()
        self.spf: Counter[str] = Counter()
        self._path: tuple[str, ...] = ()
        self._text = ""
        self._elements = 0

    def startElement(self, name: str, attrs: object) -> None:  # noqa: ARG002, N802 - as the library calls it
        """Go one element down; a name may carry the prefix of a namespace."""
        self._path = (*self._path, name.rpartition(":")[2])
        self._text = ""
        self.root = self.root or printable(self._path[0])[:MAX_TEXT]
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise ReportError(f"more than {MAX_ELEMENTS} elements")
        if len(self._path) > MAX_ELEMENT_DEPTH:
            raise ReportError(f"elements nested more than {MAX_ELEMENT_DEPTH} deep")

    def characters(self, content: str) -> None:
        """Gather an element's text, which may come in pieces."""
        self._text += content[: MAX_TEXT - len(self._text)]

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802 - as above
        """Keep the text if it is one of those that are kept, and go up."""
        if kept := TEXTS.get(self._path):
            self.texts[kept] = printable(self._text)
        self._text = ""
        if self._path == ROW[:2]:
            self._count()
        self._path = self._path[:-1]

    def _count(self) -> None:
        count, disposition, dkim, spf = (self.texts.pop(name, "") for name in OF_A_RECORD)
        messages = _number(count)
        self.messages += messages
        self.disposition[_one_of(DISPOSITIONS, disposition)] += messages
        self.dkim[_one_of(RESULTS, dkim)] += messages
        self.spf[_one_of(RESULTS, spf)] += messages


def _one_of(known: tuple[str, ...], word: str) -> str:
    return word.lower() if word.lower() in known else "other"


def _number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= number <= MAX_COUNT:
        raise ReportError(f"'{text}' is no count or time, expected a number of up to {MAX_COUNT}")
    return number
