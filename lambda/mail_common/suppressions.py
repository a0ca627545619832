"""The addresses that get no more mails, each with the reasons and the mails that they come from.

Events come twice and in any order, with the same end: of each reason the earliest event stands, events that are not
later than a removal count for nothing, and transient bounces are kept each until all of them can be judged.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mail_common.entry import BOUNCE, FOR_ALL_MAILS, REASONS, UNSUBSCRIBE, Reasons, address_of, normalized, reasons_of
from mail_common.errors import item_against
from mail_common.text import plain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY_S = 86_400
# An event can wait this long: 14 days on its queue, and 14 more as a dead letter ("Amazon SQS message quotas").
LATE_S = 28 * DAY_S
# Amazon DynamoDB API reference, "BatchGetItem".
MAX_KEYS = 100
TRIES = 4
FIRST_WAIT_S = 0.05

NAMES = {"#removed": "removed", "#at": "at"}
NOT_REMOVED = "(attribute_not_exists(#removed) OR #removed.#at < :at)"
NO_REASON = " AND ".join(f"attribute_not_exists(#{reason})" for reason in REASONS)
# The order of what stands is total, so that of two events at one time the same one stands whichever came first.
EARLIER = (
    "(attribute_not_exists(#reason) OR #reason.#at > :at OR (#reason.#at = :at AND (#reason.#mail > :mail"
    " OR (#reason.#mail = :mail AND #reason.#detail > :detail))))"
)


class UnreadError(BotoCoreError):
    """DynamoDB has not read all keys, however often it was asked."""

    fmt = "{count} keys of table '{table}' were not read"


class Suppressions:
    """The table of suppressed addresses."""

    def __init__(self, *, client: "DynamoDBClient", table: str, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._now = now

    def reasons(self, addresses: Iterable[str]) -> dict[str, Reasons]:
        """Those of the bare addresses that have reasons, under the spelling that was asked for."""
        asked = {address: normalized(address) for address in addresses}
        found: dict[str, Reasons] = {}
        keys = sorted({*asked.values()} - {""})
        for start in range(0, len(keys), MAX_KEYS):
            items = self._items(keys[start : start + MAX_KEYS])
            found |= {address_of(item): reasons_of(item) for item in items}
        return {address: found[key] for address, key in asked.items() if found.get(key)}

    def kept_back(self, addresses: Iterable[str], *, subscription: bool) -> dict[str, str]:
        """Those that must not get a mail, each with the reason; `subscription`: the mail has an unsubscribe link."""
        against = (*FOR_ALL_MAILS, UNSUBSCRIBE) if subscription else FOR_ALL_MAILS
        first = {
            address: next((reason for reason in against if reason in reasons), "")
            for address, reasons in self.reasons(addresses).items()
        }
        return {address: reason for address, reason in first.items() if reason}

    def entries(self) -> Iterator[tuple[str, Reasons]]:
        """All addresses that have reasons, read page by page."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression=f"NOT ({NO_REASON})",
            ExpressionAttributeNames={f"#{reason}": reason for reason in REASONS},
        )
        for page in pages:
            yield from ((address_of(item), reasons_of(item)) for item in page["Items"])

    def add(
        self, address: str, *, reason: str, at: int, detail: str = "", request_id: str = "", ses_message_id: str = ""
    ) -> bool:
        """Note a reason; returns whether the address did not have it before."""
        values = {
            "at": _number(at),
            "detail": {"S": plain(detail)},
            "request_id": {"S": request_id},
            "ses_message_id": {"S": ses_message_id},
        }
        try:
            before = self._update(
                address,
                "SET #reason = :entry REMOVE expires",
                condition=f"{NOT_REMOVED} AND {EARLIER}",
                names={**NAMES, "#reason": reason, "#mail": "ses_message_id", "#detail": "detail"},
                values={
                    ":entry": {"M": values},
                    ":at": values["at"],
                    ":mail": values["ses_message_id"],
                    ":detail": values["detail"],
                },
                answer="ALL_OLD",
            )
        except ClientError as error:
            item_against(error)
            return False
        return reason not in before

    def add_transient(
        self,
        address: str,
        *,
        at: int,
        feedback_id: str,
        window_s: int,
        most: int,
        request_id: str = "",
        ses_message_id: str = "",
    ) -> bool:
        """Note a transient bounce; returns whether it makes, with those before, the address one that bounces.

        It does as soon as `most` of them lie within `window_s` seconds, whichever came first.
        """
        ids = [text.replace("#", "-") for text in (feedback_id, ses_message_id, request_id)]
        noted = self._note("#".join((str(at), *ids)), address=address, at=at, window_s=window_s)
        bounces = sorted((int(bounce.partition("#")[0]), bounce) for bounce in noted)
        for (first, _), (last, bounce) in zip(bounces, bounces[most - 1 :], strict=False):
            if last - first <= window_s * 1000:
                _, _, mail, request = bounce.split("#")
                detail = f"{most} transient bounces within {window_s / DAY_S:g} days"
                return self.add(address, reason=BOUNCE, at=last, detail=detail, request_id=request, ses_message_id=mail)
        return False

    def remove(self, address: str, *, detail: str) -> bool:
        """Take an address off the list, whatever the reasons; returns whether it was on it.

        Nothing that has been seen by now puts it back, though it may come again and by a clock that is fast.
        """
        answer = self._client.get_item(TableName=self._table, Key=_key(address), ConsistentRead=True)
        item: dict[str, Any] = dict(answer.get("Item", {}))
        if not item:
            return False
        reasons = reasons_of(item)
        seen = [int(bounce.partition("#")[0]) for bounce in item.get("transient", {}).get("SS", [])]
        at = max([int(self._now() * 1000), *(entry.at for entry in reasons.values()), *seen])
        dropped = ", ".join(f"#{reason}" for reason in REASONS)
        self._update(
            address,
            f"SET #removed = :removed, expires = :expires REMOVE transient, {dropped}",
            names={"#removed": "removed"} | {f"#{reason}": reason for reason in REASONS},
            values={
                ":removed": {"M": {"at": _number(at), "detail": {"S": plain(detail)}}},
                ":expires": _number(int(self._now()) + LATE_S),
            },
        )
        return bool(reasons)

    def _note(self, bounce: str, *, address: str, at: int, window_s: int) -> Collection[str]:
        """Keep a transient bounce, and return all that count; an item without a reason expires when none can count."""
        kept_s = window_s + LATE_S
        values: dict[str, Any] = {":bounce": {"SS": [bounce]}, ":at": _number(at)}
        try:
            item = self._update(
                address,
                "ADD transient :bounce SET expires = :expires",
                condition=f"{NOT_REMOVED} AND {NO_REASON}",
                names=NAMES | {f"#{reason}": reason for reason in REASONS},
                values=values | {":expires": _number(int(self._now()) + kept_s)},
                answer="ALL_NEW",
            )
        except ClientError as error:
            if not reasons_of(item_against(error)):
                return []
            try:
                item = self._update(
                    address,
                    "ADD transient :bounce",
                    condition=NOT_REMOVED,
                    names=NAMES,
                    values=values,
                    answer="ALL_NEW",
                )
            except ClientError as removed:
                item_against(removed)
                return []
        bounces: list[str] = item["transient"]["SS"]
        self._forget([old for old in bounces if int(old.partition("#")[0]) < (self._now() - kept_s) * 1000], address)
        return bounces

    def _forget(self, bounces: Collection[str], address: str) -> None:
        if bounces:
            self._update(address, "DELETE transient :old", names={}, values={":old": {"SS": [*bounces]}})

    def _items(self, keys: Collection[str]) -> Iterator[Mapping[str, Any]]:
        names = {f"#{name}": name for name in ("address", *REASONS)}
        asked: Any = {
            self._table: {
                "Keys": [_key(address) for address in keys],
                "ConsistentRead": True,
                "ProjectionExpression": ", ".join(names),
                "ExpressionAttributeNames": names,
            }
        }
        for attempt in range(TRIES):
            answer = self._client.batch_get_item(RequestItems=asked)
            yield from answer["Responses"].get(self._table, [])
            asked = answer.get("UnprocessedKeys")
            if not asked:
                return
            time.sleep(FIRST_WAIT_S * 2**attempt)
        raise UnreadError(count=len(asked[self._table]["Keys"]), table=self._table)

    def _update(
        self,
        address: str,
        expression: str,
        *,
        names: dict[str, str],
        values: dict[str, Any],
        condition: str = "",
        answer: Any = "NONE",  # noqa: ANN401
    ) -> dict[str, Any]:
        optional: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        if condition:
            optional |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        updated = self._client.update_item(
            TableName=self._table,
            Key=_key(address),
            UpdateExpression=expression,
            ExpressionAttributeValues=values,
            ReturnValues=answer,
            **optional,
        )
        return dict(updated.get("Attributes", {}))


def _key(address: str) -> Any:  # noqa: ANN401
    return {"address": {"S": normalized(address)}}


def _number(value: int) -> Any:  # noqa: ANN401
    return {"N": str(value)}
