"""Who of a mail's recipients is left once the suppressed ones are out."""

import logging
from collections.abc import Collection, Mapping
from email.utils import parseaddr

from msgspec import structs

from mail_common.suppressions import Suppressions
from mail_consumer.message import Message
from mail_consumer.request import MailRequest

logger = logging.getLogger(__name__)


def leave_out(messages: Mapping[str, Message], *, suppressions: Suppressions) -> dict[str, Message]:
    """Return the messages without their suppressed recipients, by message id.

    It asks once for the mails that carry a link to unsubscribe, and once for those that do not.
    """
    left = dict(messages)
    for subscription in (False, True):
        asked = {
            message: message.request
            for message in messages.values()
            if isinstance(message.request, MailRequest) and message.request.unsubscribe is subscription
        }
        addresses = {_bare(recipient) for request in asked.values() for recipient in request.recipients}
        reasons = suppressions.kept_back(addresses, subscription=subscription)
        for message, request in asked.items():
            out = reasons.keys() & set(map(_bare, request.recipients))
            if out:
                left[message.id] = _without(message, request, {address: reasons[address] for address in sorted(out)})
    return left


def _without(message: Message, request: MailRequest, out: Mapping[str, str]) -> Message:
    logger.info("recipients are suppressed", extra={"event": "left_out", **message.ids, "recipients": len(out)})
    lists = {name: _others(getattr(request, name), out.keys()) for name in ("to", "cc", "bcc")}
    return structs.replace(message, request=structs.replace(request, **lists), left_out={**out})


def _others(recipients: list[str], out: Collection[str]) -> list[str]:
    return [recipient for recipient in recipients if _bare(recipient) not in out]


def _bare(recipient: str) -> str:
    return parseaddr(recipient)[1]
