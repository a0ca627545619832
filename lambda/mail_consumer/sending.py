"""When mails may be sent: the account's rate, a warm-up's day, and the pause while nothing can be sent.

All stand in one item of the sending table, so that one conditional write asks for them. Its attributes: `next` (epoch
milliseconds from which the rate has room), `day` and `day_recipients` (how many recipients have been leased on that day
of UTC), `paused` (map: reason, since) and `disabled` (set of the event source mappings that the consumer has disabled
itself).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from msgspec import Struct

from mail_common.errors import item_against
from mail_consumer.warm_up import UNLIMITED, WarmUp, day_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM_ID = "sending"
KEY: Any = {"id": {"S": ITEM_ID}}
# Every failed write means that another invocation was faster; more in a row than this is no normal load.
LEASE_TRIES = 20
WARM_UP = "WarmUp"
"""The reason of a pause until the next day, since this one has had its recipients."""


class PausedError(Exception):
    """Nothing can be sent until the pause is over; the text is its reason."""


class Pause(Struct, frozen=True, kw_only=True):
    """Why nothing is sent, and since when."""

    reason: str
    since: float
    """Epoch seconds."""


class Sending:
    """The state that all invocations share: a token bucket and the pause."""

    def __init__(
        self,
        *,
        client: "DynamoDBClient",
        table: str,
        recipients_per_second: float = 1,
        warm_up: WarmUp | None = None,
        now: Callable[[], float],
    ) -> None:
        self._client = client
        self._table = table
        self._ms_per_recipient = 1000 / recipients_per_second
        self._ceiling: Callable[[date], int] = warm_up.ceiling if warm_up else lambda _: UNLIMITED
        self._now = now
        # What was seen last: whether the rate was in use, and how many recipients its day had.
        self._busy = False
        self._day, self._used = date.min, 0

    def lease(self, recipients: Sequence[int], *, latest: float) -> list[float]:
        """Lease tokens for mails of so many recipients each and return their start times (epoch seconds).

        One conditional write in the steady state. Mails that could not start until `latest`, or that the day has no
        room for, get no start time: the list is then shorter than `recipients`. Raises PausedError while sending is
        paused, and with the reason WARM_UP where the day has no room for the first mail.
        """
        counts = list(recipients)
        free = 0.0
        for _ in range(LEASE_TRIES):
            now = self._now() * 1000
            today = max(self._day, day_of(now / 1000))
            room = self._ceiling(today) - (self._used if self._day == today else 0)
            if counts and counts[0] > room:
                raise PausedError(WARM_UP)
            counts = self._fitting(counts, room=room, first=max(free, now), latest=latest * 1000)
            if not counts:
                break
            try:
                first = self._take(counts, now=now, latest=latest * 1000, today=today)
                return [start / 1000 for start in self._starts(counts, first=first)]
            except ClientError as error:
                item = item_against(error)
            if "paused" in item:
                raise PausedError(item["paused"]["M"]["reason"]["S"])
            free = float(item.get("next", _number(0))["N"])
            self._busy = free >= now
            self._remember_day(item)
        return []

    def _take(self, counts: Sequence[int], *, now: float, latest: float, today: date) -> float:
        """Move `next` and the day's count on, in the way that fits what was seen last; return where `next` stood."""
        total, last = (count * self._ms_per_recipient for count in (sum(counts), counts[-1]))
        values = {":now": _number(now), ":today": {"S": today.isoformat()}, ":recipients": _number(sum(counts))}
        if self._busy:
            rate, move = "#next BETWEEN :now AND :last", "#next = #next + :total"
            values |= {":total": _number(total), ":last": _number(latest - total + last)}
        else:
            rate, move = "(attribute_not_exists(#next) OR #next < :now)", "#next = :after"
            values |= {":after": _number(now + total)}
        if self._day == today:
            day, count = "(#day = :today AND day_recipients <= :room)", "day_recipients = day_recipients + :recipients"
            values |= {":room": _number(self._ceiling(today) - sum(counts))}
        else:
            day, count = "(attribute_not_exists(#day) OR #day < :today)", "#day = :today, day_recipients = :recipients"
        answer: Any = self._client.update_item(
            TableName=self._table,
            Key=KEY,
            ConditionExpression=f"attribute_not_exists(paused) AND {rate} AND {day}",
            UpdateExpression=f"SET {move}, {count}",
            ExpressionAttributeNames={"#next": "next", "#day": "day"},
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        self._remember_day(answer["Attributes"])
        return float(answer["Attributes"]["next"]["N"]) - total

    def _remember_day(self, item: Mapping[str, Any]) -> None:
        counted = "day" in item
        self._day = date.fromisoformat(item["day"]["S"]) if counted else date.min
        self._used = int(float(item["day_recipients"]["N"])) if counted else 0

    def _starts(self, counts: Sequence[int], *, first: float) -> list[float]:
        """Start times in milliseconds: each mail waits for the recipients of those before it."""
        return list(accumulate((count * self._ms_per_recipient for count in counts), initial=first))[:-1]

    def _fitting(self, counts: Sequence[int], *, room: int, first: float, latest: float) -> list[int]:
        """Return the first of these mails that both the day and the time have room for."""
        ends = accumulate(counts)
        starts = self._starts(counts, first=first)
        return [
            count for count, end, start in zip(counts, ends, starts, strict=True) if end <= room and start <= latest
        ]

    def pause(self, reason: str) -> bool:
        """Pause sending for all; returns whether this call was the first to do so."""
        paused = {"M": {"reason": {"S": reason}, "since": _number(int(self._now() * 1000))}}
        try:
            self._update("SET paused = :paused", {":paused": paused}, condition="attribute_not_exists(paused)")
        except ClientError as error:
            item_against(error)
            return False
        return True

    def remember_disabled(self, mappings: Iterable[str]) -> None:
        """Note the mappings that the consumer is about to disable, so that only they are enabled again."""
        self._update("ADD disabled :mappings", {":mappings": {"SS": sorted(mappings)}})

    def forget_disabled(self, mappings: Iterable[str]) -> None:
        """Strike mappings off that are enabled again, or that a person has taken over."""
        self._update("DELETE disabled :mappings", {":mappings": {"SS": sorted(mappings)}})

    def resume(self) -> None:
        """End the pause; the mappings that were disabled for it stay noted until they are enabled."""
        self._update("REMOVE paused", {})

    def pause_and_disabled(self) -> tuple[Pause | None, Collection[str]]:
        """The pause, if there is one, and the mappings that the consumer has disabled."""
        item: dict[str, Any] = dict(
            self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True).get("Item", {})
        )
        disabled = item.get("disabled", {"SS": []})["SS"]
        if "paused" not in item:
            return None, disabled
        paused = item["paused"]["M"]
        return Pause(reason=paused["reason"]["S"], since=float(paused["since"]["N"]) / 1000), disabled

    def _update(self, expression: str, values: dict[str, Any], *, condition: str | None = None) -> None:
        optional: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        if condition:
            optional["ConditionExpression"] = condition
        self._client.update_item(TableName=self._table, Key=KEY, UpdateExpression=expression, **optional)


def _number(value: float) -> Any:  # noqa: ANN401
    return {"N": f"{value:.3f}"}
