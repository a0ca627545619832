"""A received mail as its record tells of it: who, to whom, about what, with which files. Every text is cut."""

from email.headerregistry import Address

from msgspec import Struct

from mail_inbox.fields import Field, HeaderError, addresses, decoded, first, printable, split
from mail_inbox.structure import Part, StructureError, parts

# An item of DynamoDB has at most 400 KB (developer guide, "Service, account, and table quotas"). With these it has less
# than half of that, and what is beyond them is left out.
MAX_SUBJECT = 500
MAX_ADDRESS = 320
MAX_ADDRESSES = 50
MAX_ATTACHMENTS = 50
MAX_NAME = 255
MAX_TYPE = 100


class UnreadableError(Exception):
    """A mail that is not taken apart any further; `code` names the rule, the text says what was found."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Attachment(Struct, frozen=True):
    """A file of the mail: its name, MIME type and size in bytes once decoded."""

    name: str
    type: str
    size: int


class Mail(Struct, frozen=True, kw_only=True):
    """What is read of a mail."""

    fields: list[Field]
    body: int
    """Where the body begins."""
    parts: list[Part]
    sender: str
    to: list[str]
    subject: str
    attachments: list[Attachment]


def read(raw: bytes) -> Mail:
    """Read a mail; raises UnreadableError where it is not made as mails are."""
    try:
        fields, body = split(raw)
        found = list(parts(raw))
    except (HeaderError, StructureError) as error:
        raise UnreadableError(type(error).__name__.removesuffix("Error"), str(error)) from error
    if not fields:
        raise UnreadableError("NoHeader", f"{len(raw)} bytes without a header")
    return Mail(
        fields=fields,
        body=body,
        parts=found,
        sender=_sender(fields),
        to=[_shown(address) for address in addresses(fields, "to")[:MAX_ADDRESSES]],
        subject=decoded(fields, "subject")[:MAX_SUBJECT],
        attachments=[_attachment(part, raw) for part in found if part.is_attachment][:MAX_ATTACHMENTS],
    )


def _sender(fields: list[Field]) -> str:
    found = addresses(fields, "from")
    return _shown(found[0]) if found else printable(first(fields, "from"))[:MAX_ADDRESS]


def _shown(address: Address) -> str:
    name = printable(address.display_name)
    return printable(f"{name} <{address.addr_spec}>" if name else address.addr_spec)[:MAX_ADDRESS]


def _attachment(part: Part, raw: bytes) -> Attachment:
    return Attachment(part.name[:MAX_NAME], part.type[:MAX_TYPE], part.size(raw))
