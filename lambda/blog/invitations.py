"""An operator's invitation of an author, which needs no web page: `{"email": …, "site_url": …}`."""

import logging
import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from blog import forms
from blog.authors import Authors
from blog.links import Links
from blog.mailer import Mailer
from blog.outages import MailUnavailableError, SessionsUnavailableError
from data_access.postgres_server import DatabaseUnavailable

logger = logging.getLogger(__name__)

SITE_URL = re.compile(r"https?://[^\s/?#@]+/?")


class Invitation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is invited, and under which address the site is reached."""

    email: str
    site_url: str


class Invitations:
    """Adds authors and mails them their first link."""

    def __init__(self, *, authors: Authors, links: Links, mailer: Mailer) -> None:
        self._authors = authors
        self._links = links
        self._mailer = mailer

    def answer(self, asked: object) -> Mapping[str, object]:
        """Invite an author and tell the mail request's id, or one line of what is wrong."""
        try:
            return self._invite(msgspec.convert(asked, type=Invitation))
        except (msgspec.ValidationError, DatabaseUnavailable, SessionsUnavailableError, MailUnavailableError) as error:
            return {"error": " ".join(str(error).split())}

    def _invite(self, invitation: Invitation) -> Mapping[str, object]:
        if forms.address(invitation.email):
            raise msgspec.ValidationError(f"email '{invitation.email}' is no mail address, expected name@example.com")
        if not SITE_URL.fullmatch(invitation.site_url):
            raise msgspec.ValidationError(f"site_url '{invitation.site_url}' is not like https://blog.example.com")
        author = self._authors.add(invitation.email)
        link = self._links.make(author, site_url=invitation.site_url)
        message_id = self._mailer.send_link(link, to=author.email, minutes=self._links.minutes)
        logger.info("invited", extra={"event": "invited", "author": author.id})
        return {"email": author.email, "message_id": message_id, "expires_minutes": self._links.minutes}
