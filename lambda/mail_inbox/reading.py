"""One received mail, from its place in the bucket to what its record says.

Whatever a stranger has written ends here in a status with a reason; only what keeps AWS from answering is raised.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from msgspec import structs

from mail_common.clients import Clients
from mail_common.errors import code_of
from mail_common.text import plain
from mail_inbox import dmarc
from mail_inbox.mail import MAX_NAME, Mail, UnreadableError, read
from mail_inbox.notification import Notification
from mail_inbox.records import DROPPED, QUARANTINED, STORED, UNREADABLE
from mail_inbox.routing import Received, Routing
from mail_inbox.settings import Settings

if TYPE_CHECKING:
    from botocore.response import StreamingBody

logger = logging.getLogger(__name__)

# Amazon SES developer guide, "Service quotas in Amazon SES": a mail that is put into a bucket has at most 40 MB. The
# header fields that SES adds come on top.
MAX_MAIL_BYTES = 42_000_000
# A mail takes twice its size in memory when it is sent on, so of those that are larger than this one is read at a time:
# by one thread, since the C library keeps memory for each that has used it (300 MB after five of 30 MB, not 120).
LARGE_BYTES = 1_000_000

Values = Mapping[str, Any]


class Reading:
    """Reads mails and decides on them; safe to use from several threads."""

    def __init__(self, *, settings: Settings, clients: Clients) -> None:
        self._settings = settings
        self._clients = clients
        self._routing = Routing(settings=settings, clients=clients)
        self._large = ThreadPoolExecutor(1, thread_name_prefix="large")

    def end_of(self, notification: Notification) -> Values:
        """What the record of this mail says in the end, its `status` first of all."""
        try:
            found = self._clients.s3.get_object(Bucket=self._settings.inbox_bucket, Key=notification.key)
        except ClientError as error:
            if code_of(error) != "NoSuchKey":
                raise
            return unreadable("NoObject", f"'{notification.key}' is not in the bucket")
        size = found["ContentLength"]
        if size > MAX_MAIL_BYTES:
            found["Body"].close()
            return unreadable("TooLarge", f"{size} bytes, at most {MAX_MAIL_BYTES} are read") | {"size": size}
        if size > LARGE_BYTES:
            end = self._large.submit(self._end_of_mail, notification, found["Body"]).result()
        else:
            end = self._end_of_mail(notification, found["Body"])
        return {"size": size, **end}

    def _end_of_mail(self, notification: Notification, body: "StreamingBody") -> Values:
        raw = body.read()
        try:
            mail = read(raw)
        except UnreadableError as error:
            # What SES has found of it weighs more than that it cannot be read.
            return self._refused(notification) or unreadable(error.code, error.detail)
        return {**_told(mail), **(self._refused(notification) or self._accepted(notification, raw, mail))}

    def _refused(self, notification: Notification) -> Values:
        """The end of a mail that has failed a check; nothing where it is accepted."""
        choice, failed = self._settings.verdicts.of(notification.verdicts)
        if choice == "accept":
            return {}
        status = DROPPED if choice == "drop" else QUARANTINED
        return {"status": status, "reason": "Verdict", "detail": f"failed: {failed}"}

    def _accepted(self, notification: Notification, raw: bytes, mail: Mail) -> Values:
        reports, refused = self._reports(notification, raw, mail)
        if refused:
            return {"dmarc": reports, **unreadable("BadReport", refused)}
        routes = self._routing.take(Received(notification=notification, raw=raw, mail=mail))
        return {"status": STORED, "routes": routes, **({"dmarc": reports} if reports else {})}

    def _reports(self, notification: Notification, raw: bytes, mail: Mail) -> tuple[dict[str, Any], str]:
        """The aggregate reports in a mail to the address for them, by the names of their files; why one is refused."""
        reports: dict[str, Any] = {}
        refused = ""
        if not self._is_for_reports(notification):
            return reports, refused
        for number, part in enumerate(dmarc.reports(mail), start=1):
            name = part.name[:MAX_NAME] or f"part {number}"
            try:
                reports[name] = dmarc.summary(raw, part).fields()
            except dmarc.ReportError as error:
                refused = refused or f"{name}: {error}"
                continue
            extra = {"event": "dmarc_report", "mail": notification.id, **reports[name]}
            logger.info("aggregate report", extra=extra)
        return reports, refused

    def _is_for_reports(self, notification: Notification) -> bool:
        recipients = (address.lower().rpartition("@") for address in notification.receipt.recipients)
        domains = self._settings.receiving_domains
        return any(local == dmarc.RECIPIENT and domain in domains for local, _, domain in recipients)


def unreadable(reason: str, detail: str) -> dict[str, Any]:
    """The end of a mail that is not read any further; its object stays in the bucket."""
    return {"status": UNREADABLE, "reason": reason, "detail": plain(detail)}


def _told(mail: Mail) -> Values:
    """What the mail tells of itself."""
    return {
        "from": mail.sender,
        "to": mail.to,
        "subject": mail.subject,
        "attachments": [structs.asdict(attachment) for attachment in mail.attachments],
    }
