"""One item of the table of suppressed addresses: an address with its reasons.

The partition key is `address`. Each reason that applies has an attribute (`bounce`, `complaint`, `unsubscribe`,
`manual`: a map of `at`, `detail`, `request_id` and `ses_message_id`), `transient` (string set of the transient bounces
so far), `removed` (map of `at` and `detail`: a person took the address off) and, while there is no reason, `expires`
(epoch seconds, the table's time to live). All other times are epoch milliseconds.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

BOUNCE, COMPLAINT, UNSUBSCRIBE, MANUAL = REASONS = ("bounce", "complaint", "unsubscribe", "manual")
# Who unsubscribed still gets what has no unsubscribe link: sign-in links, receipts.
FOR_ALL_MAILS = (BOUNCE, COMPLAINT, MANUAL)


class Entry(Struct, frozen=True, kw_only=True):
    """Why and since when an address gets no more mails; the ids are those of the mail that it comes from, if any."""

    at: int
    """Epoch milliseconds."""
    detail: str = ""
    request_id: str = ""
    ses_message_id: str = ""


Reasons = dict[str, Entry]


def normalized(address: str) -> str:
    """The form in which the table has an address; mailboxes that differ by case alone are one in practice."""
    return address.strip().lower()


def address_of(item: Mapping[str, Any]) -> str:
    """The address of an item."""
    return item["address"]["S"]


def reasons_of(item: Mapping[str, Any]) -> Reasons:
    """The reasons in an item, none if it has none."""
    return {
        reason: Entry(
            at=int(values["at"]["N"]),
            detail=values["detail"]["S"],
            request_id=values["request_id"]["S"],
            ses_message_id=values["ses_message_id"]["S"],
        )
        for reason in REASONS
        if (values := item.get(reason, {}).get("M"))
    }
