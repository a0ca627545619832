"""What a request to the unsubscribe page does: GET shows a button, POST unsubscribes at once (RFC 8058).

A POST needs no cookie and no form of ours, since mail programs send it; the token in the link says it all. A GET
changes nothing, since scanners of mails open every link.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from mail_common.clients import Clients
from mail_common.entry import UNSUBSCRIBE
from mail_common.errors import code_of
from mail_common.suppressions import Suppressions
from mail_common.unsubscribe import Subscription, Unsubscribe
from mail_unsubscribe.pages import Pages
from mail_unsubscribe.settings import Settings

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST")
RETRY_AFTER_S = 60


class Answer(Struct, frozen=True):
    """A page with its status, and the headers that not every page has."""

    status: int
    page: str
    headers: dict[str, str] = {}


class Unsubscribing:
    """Answers requests; made once for the life of a function instance."""

    def __init__(self, *, settings: Settings, clients: Clients, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._pages = Pages(site_title=settings.site_title, site_url=settings.site_url)
        self._links = Unsubscribe(client=clients.kms, key_id=settings.unsubscribe_key, site_url=settings.site_url)
        self._suppressions = Suppressions(client=clients.dynamodb, table=settings.suppressions_table, now=now)

    def answer(self, method: str, query: Mapping[str, list[str]]) -> Answer:
        """Answer one request; the query's values are still URL-encoded."""
        if method not in METHODS:
            return Answer(405, self._pages.bad_method(), {"Allow": ", ".join(METHODS)})
        try:
            subscription = self._links.read(unquote_plus(next(iter(query.get("token", [])), "")))
            if subscription is None:
                logger.warning("no link of ours", extra={"event": "bad_link"})
                return Answer(400, self._pages.bad_link())
            if method == "POST":
                self._unsubscribe(subscription)
                return Answer(200, self._pages.done(subscription.address))
        except (ClientError, BotoCoreError) as error:
            logger.exception("could not answer", extra={"event": "fault", "reason": code_of(error)})
            return Answer(503, self._pages.outage(), {"Retry-After": str(RETRY_AFTER_S)})
        return Answer(200, self._pages.question(subscription.address))

    def _unsubscribe(self, subscription: Subscription) -> None:
        self._suppressions.add(
            subscription.address,
            reason=UNSUBSCRIBE,
            at=int(self._now() * 1000),
            detail="by the link of a mail",
            request_id=subscription.request_id,
        )
        about: dict[str, Any] = {"event": "unsubscribed", "request_id": subscription.request_id}
        logger.info("unsubscribed", extra=about)
