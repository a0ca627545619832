"""Requests that were sent in again: the record of the one that failed names the only message that stands for it.

So one mail goes out however often a dead letter is sent in: when a crash leaves open whether it was, it is sent again.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mail_common.errors import item_against
from mail_consumer.deliveries import DAY_S, DUPLICATE, FAILED, SENT, SUPPRESSED

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Redrives:
    """What the delivery records tell of requests that were sent in again."""

    def __init__(self, *, client: "DynamoDBClient", table: str, record_days: int, now: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._lifetime_s = record_days * DAY_S
        self._now = now

    def take(self, failed: str, *, message_id: str) -> str | None:
        """Let a message stand for a request that failed; returns who does already, if it is another.

        That is the request itself where it was sent after all, as its record or SES's events tell.
        """
        values: dict[str, Any] = {
            ":message": {"S": message_id},
            ":failed": {"S": FAILED},
            ":sent": {"S": SENT},
            ":suppressed": {"S": SUPPRESSED},
            ":duplicate": {"S": DUPLICATE},
            ":expires": {"N": str(int(self._now()) + self._lifetime_s)},
        }
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": failed}},
                ConditionExpression="(attribute_not_exists(redriven_to) OR redriven_to = :message)"
                " AND (attribute_not_exists(#status) OR NOT #status IN (:sent, :suppressed, :duplicate))"
                " AND attribute_not_exists(outcomes)",
                UpdateExpression="SET redriven_to = :message, #status = :failed, expires = :expires",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            other: str = item_against(error).get("redriven_to", {"S": failed})["S"]
            return other if other != message_id else failed
        return None
