"""When mails may be sent: the recipients' rate of the account, and the pause while nothing can be sent.

Both stand in one item of the sending table, so that one conditional write asks for both. Its attributes: `next` (epoch
milliseconds from which the rate has room), `paused` (map: reason, since) and `disabled` (set of the event source
mappings that the consumer has disabled itself).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mail_common.errors import item_against

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM_ID = "sending"
KEY: Any = {"id": {"S": ITEM_ID}}
# Every failed write means that another invocation was faster; more in a row than this is no normal load.
LEASE_TRIES = 20


class PausedError(Exception):
    """Nothing can be sent until the pause is over; the text is its reason."""


class Sending:
    """The state that all invocations share: a token bucket and the pause."""

    def __init__(
        self, *, client: "DynamoDBClient", table: str, recipients_per_second: float = 1, now: Callable[[], float]
    ) -> None:
        self._client = client
        self._table = table
        self._ms_per_recipient = 1000 / recipients_per_second
        self._now = now
        self._busy = False

    def lease(self, recipients: Sequence[int], *, latest: float) -> list[float]:
        """Lease tokens for mails of so many recipients each and return their start times (epoch seconds).

        One conditional write in the steady state. Mails that could not start until `latest` get no start time: the
        list is then shorter than `recipients`. Raises PausedError while sending is paused.
        """
        costs = [count * self._ms_per_recipient for count in recipients]
        free = 0.0
        for _ in range(LEASE_TRIES):
            now = self._now() * 1000
            costs = _fitting(costs, first=max(free, now), latest=latest * 1000)
            if not costs:
                break
            try:
                return [
                    start / 1000 for start in _starts(costs, first=self._take(costs, now=now, latest=latest * 1000))
                ]
            except ClientError as error:
                item = item_against(error)
            if "paused" in item:
                raise PausedError(item["paused"]["M"]["reason"]["S"])
            free = float(item.get("next", _number(0))["N"])
            self._busy = free >= now
        return []

    def _take(self, costs: Sequence[float], *, now: float, latest: float) -> float:
        """Move `next` past the costs, in the way that fits what was seen last, and return where it stood."""
        total = sum(costs)
        if self._busy:
            condition, change = "#next BETWEEN :now AND :last", "SET #next = #next + :total"
            values = {":now": _number(now), ":total": _number(total), ":last": _number(latest - total + costs[-1])}
        else:
            condition, change = "(attribute_not_exists(#next) OR #next < :now)", "SET #next = :after"
            values = {":now": _number(now), ":after": _number(now + total)}
        answer: Any = self._client.update_item(
            TableName=self._table,
            Key=KEY,
            ConditionExpression=f"attribute_not_exists(paused) AND {condition}",
            UpdateExpression=change,
            ExpressionAttributeNames={"#next": "next"},
            ExpressionAttributeValues=values,
            ReturnValues="UPDATED_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return float(answer["Attributes"]["next"]["N"]) - total

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

    def paused_and_disabled(self) -> tuple[str | None, Collection[str]]:
        """The reason of the pause, if there is one, and the mappings that the consumer has disabled."""
        item: dict[str, Any] = dict(
            self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True).get("Item", {})
        )
        reason = item["paused"]["M"]["reason"]["S"] if "paused" in item else None
        return reason, item.get("disabled", {"SS": []})["SS"]

    def _update(self, expression: str, values: dict[str, Any], *, condition: str | None = None) -> None:
        optional: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        if condition:
            optional["ConditionExpression"] = condition
        self._client.update_item(TableName=self._table, Key=KEY, UpdateExpression=expression, **optional)


def _starts(costs: Sequence[float], *, first: float) -> list[float]:
    """Start times in milliseconds: each mail waits for the costs of those before it."""
    return list(accumulate(costs, initial=first))[:-1]


def _fitting(costs: Sequence[float], *, first: float, latest: float) -> list[float]:
    return [cost for cost, start in zip(costs, _starts(costs, first=first), strict=True) if start <= latest]


def _number(value: float) -> Any:  # noqa: ANN401
    return {"N": f"{value:.3f}"}
