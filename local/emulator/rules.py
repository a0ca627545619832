"""What SES refuses, each rule by the page of AWS's documentation that states it."""

import base64
import re
from email.utils import parseaddr

from local.emulator import ministack, ministack_inbox, ses_access
from local.emulator.account import Account
from local.emulator.errors import SesError
from local.emulator.message import Mail, recipients

MAX_RECIPIENTS = 50
"""To, Cc and Bcc together: "Service quotas in Amazon SES"."""

MAX_MESSAGE_BYTES = 40 * 1024 * 1024
"""With attachments, after base64: "Service quotas in Amazon SES"."""

MAX_HEADERS = 15
MAX_HEADER_NAME = 126
MAX_HEADER_VALUE = 995
MAX_HEADER_LINE = 996
"""Characters of a header's name, its value and both together: "Message" and "MessageHeader", SES API v2."""

HEADER_NAME = re.compile(r"[!-9;-@A-~]+")
HEADER_VALUE = re.compile(r"[ -~]+")
"""Printable ASCII: "MessageHeader", SES API v2."""

SET_BY_SES = {
    *("bcc", "cc", "content-disposition", "content-type", "date", "from", "message-id", "mime-version", "reply-to"),
    *("return-path", "subject", "to"),
}
"""Headers that Simple and Template content may not set: "Amazon SES header fields"."""

TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""A tag's name, and its value: "MessageTag", SES API v2."""

MAX_LINE_BYTES = 1000
"""A line of a raw message: "RawMessage", SES API v2."""

UNSUPPORTED = """
ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js jse ksh lib
lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msh1xml msh2xml
msi msp mst ops pcd pif plg prf prg reg scf scr sct shb shs sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe
vbs vps vsmacros vss vst vsw vxd ws wsc wsf wsh xnk
"""
"""File name extensions: "Amazon SES unsupported attachment types"."""


def check(mail: Mail, account: Account) -> None:
    """Raise what SES would answer to a mail that it does not take, quotas apart."""
    _check_sending(mail, account)
    _check_addresses(mail)
    _check_content(mail)
    _check_verified(mail, account)
    _check_tenant(mail)


def _check_sending(mail: Mail, account: Account) -> None:
    """Sending on, for the account and the configuration set.

    "PutAccountSendingAttributes" and "PutConfigurationSetSendingOptions", SES API v2.
    """
    name = mail["configuration_set"]
    configuration_set = ministack.configuration_set(name) if name else {}
    if configuration_set is None:
        raise SesError("NotFoundException", f"Configuration set <{name}> does not exist.", status=404)
    if not account.settings.sending_enabled:
        raise SesError("SendingPausedException", "Email sending is disabled for your account.")
    if not configuration_set.get("SendingOptions", {}).get("SendingEnabled", True):
        raise SesError("SendingPausedException", f"Email sending is disabled for configuration set <{name}>.")


def _check_addresses(mail: Mail) -> None:
    """One to 50 recipients, each an address in ASCII: "Destination", SES API v2."""
    to = recipients(mail)
    if not to:
        raise SesError("BadRequestException", "Destination must have at least one recipient.")
    if len(to) > MAX_RECIPIENTS:
        raise SesError("BadRequestException", f"Recipient count exceeds {MAX_RECIPIENTS}.")
    for address in [mail["from"], *to, *mail["reply_to"]]:
        bare = parseaddr(address)[1]
        if _has_line_break(address) or not address.isascii() or not re.fullmatch(r"[^@\s]+@[^@\s]+", bare):
            raise SesError("BadRequestException", f"Illegal address: {address!r}")


def _check_content(mail: Mail) -> None:
    """Headers, tags and attachments: no line break gets into a header that SES writes."""
    if _has_line_break(mail["subject"]):
        raise SesError("BadRequestException", "Subject contains a line break.")
    for tag in mail["tags"]:
        if not TAG.fullmatch(tag["name"]) or not TAG.fullmatch(tag["value"]):
            raise SesError("BadRequestException", f"Invalid tag {tag['name']!r}: {tag['value']!r}")
    for attachment in mail["attachments"]:
        extension = (attachment["filename"] or "").rpartition(".")[2].lower()
        if extension in UNSUPPORTED.split():
            raise SesError("BadRequestException", f"Unsupported attachment type: .{extension}")
    if _size(mail) > MAX_MESSAGE_BYTES:
        raise SesError("BadRequestException", f"Message length is more than {MAX_MESSAGE_BYTES} bytes long.")
    if mail["raw"] is None:
        _check_headers(mail["headers"])
    elif max(map(len, base64.b64decode(mail["raw"]).split(b"\n"))) > MAX_LINE_BYTES:
        raise SesError("BadRequestException", f"A line of the message is longer than {MAX_LINE_BYTES} bytes.")


def _check_headers(headers: list[dict[str, str]]) -> None:
    if len(headers) > MAX_HEADERS:
        raise SesError("BadRequestException", f"Message has more than {MAX_HEADERS} headers.")
    for header in headers:
        name, value = header["name"], header["value"]
        if not HEADER_NAME.fullmatch(name) or len(name) > MAX_HEADER_NAME or name.lower() in SET_BY_SES:
            raise SesError("BadRequestException", f"Invalid header name: {name[:MAX_HEADER_NAME]!r}")
        too_long = len(value) > MAX_HEADER_VALUE or len(name) + len(value) > MAX_HEADER_LINE
        if not HEADER_VALUE.fullmatch(value) or too_long:
            raise SesError("BadRequestException", f"Invalid value of header {name}")


def _check_verified(mail: Mail, account: Account) -> None:
    """Sender, and recipients in the sandbox: "Amazon SES email sending errors"; MAIL FROM: "MailFromAttributes"."""
    needed = [mail["from"]] if account.settings.production_access else [mail["from"], *recipients(mail)]
    failed = [address for address in needed if not ministack.is_verified(address)]
    if failed:
        raise SesError(
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            f"{ministack.region().upper()}: {', '.join(failed)}",
        )
    mail_from = (sending_identity(mail["from"]) or {}).get("MailFromAttributes", {})
    if mail_from.get("BehaviorOnMxFailure") != "REJECT_MESSAGE" or not mail_from.get("MailFromDomain"):
        return
    if mail_from.get("MailFromDomainStatus", "SUCCESS") != "SUCCESS":
        domain = mail_from["MailFromDomain"]
        raise SesError("MailFromDomainNotVerifiedException", f"MAIL FROM domain {domain} is not verified.")


def _check_tenant(mail: Mail) -> None:
    """A tenant sends only by what is associated with it: "SendEmail", SES API v2."""
    tenant = mail["other"].get("TenantName")
    if tenant is None:
        return
    associated = ministack_inbox.resources_of_tenant(tenant)
    if associated is None:
        raise SesError("NotFoundException", f"Tenant {tenant} does not exist.", status=404)
    identity = (sending_identity(mail["from"]) or {}).get("EmailIdentity", "")
    used = [ses_access.identity_arn(identity), ses_access.configuration_set_arn(mail["configuration_set"])]
    for arn in used if mail["configuration_set"] else used[:1]:
        if arn not in associated:
            raise SesError("BadRequestException", f"{arn} is not associated with tenant {tenant}.")


def sending_identity(sender: str) -> ministack.Json | None:
    """Return the identity that a sender uses: the address itself, else the nearest domain above it."""
    address = parseaddr(sender)[1]
    labels = address.rpartition("@")[2].lower().split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels))]
    return next((found for name in [address, *domains] if (found := ministack.identity(name))), None)


def _has_line_break(text: str) -> bool:
    return len(f"{text}.".splitlines()) > 1


def _size(mail: Mail) -> int:
    if mail["raw"] is not None:
        return len(base64.b64decode(mail["raw"]))
    texts = [mail["subject"], mail["text"] or "", mail["html"] or ""]
    attachments = sum(len(attachment["content"]) for attachment in mail["attachments"])
    return sum(len(text.encode()) for text in texts) + attachments
