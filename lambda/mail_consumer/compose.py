"""From a checked mail request to the SendEmail call, with what it names in the attachments bucket."""

import re
from collections.abc import Iterable, Mapping
from email import message_from_bytes
from email.utils import getaddresses, parseaddr
from typing import Any

from botocore.exceptions import ClientError

from mail_common import correlation
from mail_common.clients import Clients
from mail_common.errors import code_of
from mail_common.unsubscribe import Unsubscribe
from mail_consumer.request import Attachment, MailRequest, RequestError
from mail_consumer.settings import Settings

BLANK_LINE = re.compile(rb"\r?\n\r?\n")
# Tags of a mail: a request may bring 49 of its own.
MAX_TAGS = 50
# Base64 writes three bytes as four characters.
BASE64_GROWTH = 4 / 3
# What S3 answers for an object that is not there; the latter two to a reader who may not list the bucket.
NO_OBJECT = {"404", "NoSuchKey", "403", "AccessDenied"}


class Composer:
    """Composes SendEmail calls of the SES API v2; safe to use from several threads."""

    def __init__(self, *, settings: Settings, clients: Clients) -> None:
        self._settings = settings
        self._clients = clients

    def compose(self, request: MailRequest, *, message_id: str, correlation_id: str) -> dict[str, Any]:
        """Build the arguments of SendEmail.

        Raises RequestError for what is not in the bucket, too large or sent in another's name.
        """
        tags = request.tags | {"request_id": message_id}
        if len(tags) < MAX_TAGS:
            tags |= {correlation.TAG: correlation_id}
        tenant = {"TenantName": self._settings.tenant} if self._settings.tenant else {}
        return {
            "FromEmailAddress": request.sender,
            "Destination": {"ToAddresses": request.to, "CcAddresses": request.cc, "BccAddresses": request.bcc},
            "ReplyToAddresses": request.reply_to,
            "Content": self._raw(request.raw_s3_key) if request.raw_s3_key else self._simple(request, message_id),
            "ConfigurationSetName": self._settings.configuration_set,
            "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
            **tenant,
        }

    def _raw(self, key: str) -> dict[str, Any]:
        self._check_size(self._size(key))
        mail = self._read(key)
        check_sender(mail, domain=self._settings.mail_domain)
        return {"Raw": {"Data": mail}}

    def _simple(self, request: MailRequest, message_id: str) -> dict[str, Any]:
        # Before any file is read.
        texts = sum(len((text or "").encode()) for text in (request.text, request.html))
        files = sum(self._size(attachment.s3_key) for attachment in request.attachments)
        self._check_size(int((texts + files) * BASE64_GROWTH))
        return simple(
            request,
            links=self._links(request, message_id) if request.unsubscribe else {},
            files=[(attachment, self._read(attachment.s3_key)) for attachment in request.attachments],
        )

    def _links(self, request: MailRequest, message_id: str) -> Mapping[str, str]:
        """The headers by which the one recipient can unsubscribe."""
        settings = self._settings
        links = Unsubscribe(client=self._clients.kms, key_id=settings.unsubscribe_key, site_url=settings.site_url)
        return links.headers(parseaddr(request.recipients[0])[1], request_id=message_id)

    def _check_size(self, size: int) -> None:
        limit = self._settings.max_mail_bytes
        if size > limit:
            raise RequestError("TooLarge", f"mail of {size} bytes after encoding, at most {limit}; set max_mail_bytes")

    def _size(self, key: str) -> int:
        bucket = self._settings.attachments_bucket
        try:
            return self._clients.s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        except ClientError as error:
            if code_of(error) not in NO_OBJECT:
                raise
            raise RequestError("NoAttachment", f"'{key}' is not in the bucket '{bucket}'; upload it first") from error

    def _read(self, key: str) -> bytes:
        return self._clients.s3.get_object(Bucket=self._settings.attachments_bucket, Key=key)["Body"].read()


def simple(
    request: MailRequest, *, links: Mapping[str, str], files: Iterable[tuple[Attachment, bytes]]
) -> dict[str, Any]:
    """Build simple content: SES makes the MIME parts; `links` are headers besides the request's own."""
    body = {"Text": request.text, "Html": request.html}
    message = {
        "Subject": _utf8(request.subject),
        "Body": {part: _utf8(text) for part, text in body.items() if text is not None},
        "Headers": [{"Name": name, "Value": value} for name, value in {**request.headers, **links}.items()],
        "Attachments": [_attachment(attachment, content) for attachment, content in files],
    }
    return {"Simple": {name: part for name, part in message.items() if part}}


def check_sender(mail: bytes, *, domain: str) -> None:
    """Raise RequestError for a raw mail that is not from one address of the domain, whatever its envelope says."""
    body = BLANK_LINE.search(mail)
    named = message_from_bytes(mail[: body.start()] if body else mail).get_all("From", [])
    senders = [address for _, address in getaddresses([str(header) for header in named])]
    if len(senders) != 1 or senders[0].rpartition("@")[2].lower() != domain:
        found = ", ".join(senders) or "nobody"
        raise RequestError("ForeignSender", f"the raw mail is from {found}, expected one address of '{domain}'")


def _utf8(text: str) -> dict[str, str]:
    return {"Charset": "UTF-8", "Data": text}


def _attachment(attachment: Attachment, content: bytes) -> dict[str, Any]:
    """One file; with a content id it stands in the HTML ("Attachment", Amazon SES API v2 reference)."""
    kind = {"ContentType": attachment.content_type} if attachment.content_type else {}
    place = {"ContentId": attachment.content_id, "ContentDisposition": "INLINE"} if attachment.content_id else {}
    return {"FileName": attachment.filename, "RawContent": content, **kind, **place}
