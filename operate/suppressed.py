"""`make suppressed`: list the addresses that get no more mails, add one or take one off, each with a reason.

Taking an address off takes it off the list that SES keeps for the whole account too.
"""

import os
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mail_common.errors import code_of
from mail_common.suppressions import Suppressions, normalized
from operate import stage
from operate.command import InputError, clock, printable, run, say

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import SuppressedDestinationSummaryTypeDef


class Lists:
    """The two lists that keep mails back: the stage's own, and the account's, which SES looks at after a send."""

    def __init__(self, *, own: Suppressions, ses: "SESV2Client") -> None:
        self._own = own
        self._ses = ses

    def lines(self) -> Iterator[str]:
        """Yield a line for each address and reason."""
        for address, reasons in self._own.entries():
            for reason, entry in reasons.items():
                yield f"{address}  {reason}  since {clock(entry.at / 1000)}  {entry.detail}".rstrip()
        for found in self._account():
            since = clock(found["LastUpdateTime"].timestamp())
            yield f"{found['EmailAddress']}  {found['Reason'].lower()}  since {since}  on the account's list of SES"

    def _account(self) -> Iterator["SuppressedDestinationSummaryTypeDef"]:
        more: dict[str, Any] = {}
        while True:
            page = self._ses.list_suppressed_destinations(**more)
            yield from page.get("SuppressedDestinationSummaries", [])
            if "NextToken" not in page:
                return
            more = {"NextToken": page["NextToken"]}

    def add(self, address: str, *, detail: str) -> bool:
        """Keep every mail from an address; tell whether it is new."""
        return self._own.add(address, reason="manual", at=int(time.time() * 1000), detail=detail)

    def remove(self, address: str, *, detail: str) -> list[str]:
        """Take an address off; return the lists that it was on."""
        lists = ["the stage's list"] if self._own.remove(address, detail=detail) else []
        try:
            self._ses.delete_suppressed_destination(EmailAddress=address)
        except ClientError as error:
            if code_of(error) != "NotFoundException":
                raise
            return lists
        return [*lists, "the account's list of SES"]


def main() -> int:
    """List, or ADD or REMOVE an address with its REASON."""
    asked = {name: os.environ.get(name, "") for name in ("ADD", "REMOVE", "REASON")}
    check(asked)
    lists = found(stage.chosen())
    if asked["ADD"]:
        new = lists.add(asked["ADD"], detail=asked["REASON"])
        say("added" if new else "there", f"{normalized(asked['ADD'])} gets no more mails")
    elif asked["REMOVE"]:
        was_on = lists.remove(asked["REMOVE"], detail=asked["REASON"])
        say("removed" if was_on else "absent", f"{normalized(asked['REMOVE'])}: {' and '.join(was_on) or 'on no list'}")
    else:
        lines = [*lists.lines()]
        print("\n".join(map(printable, lines)) or "no address is suppressed")
    return 0


def check(asked: Mapping[str, str]) -> None:
    """Refuse what cannot be done: both at once, no address, no reason."""
    if asked["ADD"] and asked["REMOVE"]:
        raise InputError(f"ADD '{asked['ADD']}' and REMOVE '{asked['REMOVE']}' at once; do one after the other")
    address = asked["ADD"] or asked["REMOVE"]
    if address and "@" not in address.strip("@"):
        raise InputError(f"'{address}' is not a mail address, as you@example.com")
    if address and not asked["REASON"]:
        raise InputError("REASON is empty; say why, for who looks later: REASON='asked for it by phone'")
    if asked["REASON"] and not address:
        raise InputError("REASON without an address; set ADD or REMOVE")


def found(name: str) -> Lists:
    """Return the lists of a deployed stage."""
    connect = stage.connect(name)
    table = stage.outputs(name, "mail", connect)["SuppressionsTable"]
    return Lists(own=Suppressions(client=connect("dynamodb"), table=table, now=time.time), ses=connect("sesv2"))


if __name__ == "__main__":
    run("suppressed", main)
