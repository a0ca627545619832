"""The delivery record of each request: claimed before the send, so that one mail goes out however often it arrives.

Items of the table (partition key `id`): one a request under its message id, and one a named idempotency key under
`key#<key>`. Times are epoch milliseconds, `expires` is epoch seconds (the table's time to live).
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mail_common.errors import code_of, item_against
from mail_consumer.message import Message
from mail_consumer.outcomes import Busy, Claim, Claimed, Ended, Sent, Undecided

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SENDING, WAITING = "sending", "waiting"
SENT, SUPPRESSED, FAILED, DUPLICATE = "sent", "suppressed", "failed", "duplicate"
ENDED = frozenset({SENT, SUPPRESSED, FAILED, DUPLICATE})
DAY_S = 86_400
# When a table or queue cannot be reached.
HIDE_AFTER_FAULT_S = 30

Item = dict[str, Any]

logger = logging.getLogger(__name__)


class Deliveries:
    """The delivery records, written under the name of one invocation."""

    def __init__(
        self,
        *,
        client: "DynamoDBClient",
        table: str,
        record_days: int,
        resend_undecided: bool,
        now: Callable[[], float],
    ) -> None:
        self._client = client
        self._table = table
        self._lifetime_s = record_days * DAY_S
        self._resend_undecided = resend_undecided
        self._now = now

    def claim(self, messages: Iterable[Message], *, owner: str, lease_until: int) -> dict[str, Claim]:
        """Claim the messages for `owner` until `lease_until`: all new ones in one call, others one by one."""
        asked = list(messages)
        answer = self._client.batch_execute_statement(
            Statements=[self._insert(message, owner=owner, lease_until=lease_until) for message in asked]
        )
        claims: dict[str, Claim] = {}
        for message, response in zip(asked, answer["Responses"], strict=True):
            code = response.get("Error", {}).get("Code")
            if code is None:
                claims[message.id] = Claimed(attempts=1, throttles=0)
            elif code == "DuplicateItem":
                claims[message.id] = self._claim_again(message, owner=owner, lease_until=lease_until)
            else:
                claims[message.id] = self._fault(message, code)
        return claims

    def _fault(self, message: Message, code: str) -> Busy:
        """Leave a request alone that the table could not be asked for; what others hold is theirs."""
        logger.error("not claimed", extra={"event": "fault", **message.ids, "reason": code})
        return Busy(until=self._now_ms() + HIDE_AFTER_FAULT_S * 1000)

    def _insert(self, message: Message, *, owner: str, lease_until: int) -> Any:  # noqa: ANN401
        item = {
            "id": _text(message.id),
            "correlation_id": _text(message.correlation_id),
            "queue": _text(message.queue_name),
            "status": _text(SENDING),
            "attempts": _number(1),
            "owner": _text(owner),
            "lease_until": _number(lease_until),
            "queued_at": _number(message.queued_at),
            "updated_at": _number(self._now_ms()),
            "expires": _number(self._expires()),
        }
        if message.redriven_from:
            item["redriven_from"] = _text(message.redriven_from)
        names = ", ".join(f"'{name}': ?" for name in item)
        return {"Statement": f'INSERT INTO "{self._table}" VALUE {{{names}}}', "Parameters": list(item.values())}

    def _claim_again(self, message: Message, *, owner: str, lease_until: int) -> Claim:
        # `owner`: a claim whose answer was lost and that the SDK sent again is still ours.
        free = "#status = :waiting OR #owner = :owner"
        if self._resend_undecided:
            free += " OR (#status = :sending AND lease_until < :now)"
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"id": _text(message.id)},
                ConditionExpression=free,
                UpdateExpression="SET #status = :sending, #owner = :owner, lease_until = :lease, updated_at = :now "
                "ADD attempts :one",
                ExpressionAttributeNames={"#status": "status", "#owner": "owner"},
                ExpressionAttributeValues={
                    ":waiting": _text(WAITING),
                    ":sending": _text(SENDING),
                    ":owner": _text(owner),
                    ":lease": _number(lease_until),
                    ":now": _number(self._now_ms()),
                    ":one": _number(1),
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (ClientError, BotoCoreError) as error:
            if not isinstance(error, ClientError) or code_of(error) != "ConditionalCheckFailedException":
                return self._fault(message, code_of(error))
            return self._why_not(error.response.get("Item", {}))
        item: Item = dict(answer["Attributes"])
        return Claimed(attempts=int(item["attempts"]["N"]), throttles=int(item.get("throttles", _number(0))["N"]))

    def _why_not(self, item: Mapping[str, Any]) -> Claim:
        status = item["status"]["S"]
        if status in ENDED:
            return Ended(status=status)
        lease_until = int(item["lease_until"]["N"])
        return Busy(until=lease_until) if lease_until >= self._now_ms() else Undecided()

    def sent(self, mails: Mapping[Message, Sent]) -> None:
        """Record mails that SES has taken: all in one call, and one by one where that fails."""
        answer = self._client.batch_execute_statement(
            Statements=[self._update_sent(message, sent) for message, sent in mails.items()]
        )
        for (message, sent), response in zip(mails.items(), answer["Responses"], strict=True):
            if "Error" in response:
                self._update(message, status=SENT, values=_sent(message, sent))

    def _update_sent(self, message: Message, sent: Sent) -> Any:  # noqa: ANN401
        values = {**_sent(message, sent), "status": _text(SENT), "updated_at": _number(self._now_ms())}
        changes = " ".join(f'SET "{name}" = ?' for name in values)
        statement = f'UPDATE "{self._table}" {changes} WHERE "id" = ?'
        return {"Statement": statement, "Parameters": [*values.values(), _text(message.id)]}

    def waiting(self, message: Message, *, reason: str, detail: str, throttled: bool = False, counts: bool) -> None:
        """Record that it was not sent and will be tried again; where it does not count, the attempt is given back."""
        added = {"attempts": _number(0 if counts else -1), "throttles": _number(1 if throttled else 0)}
        self._update(message, status=WAITING, values=_reason(reason, detail), added=added)

    def failed(self, message: Message, *, reason: str, detail: str) -> None:
        """Record that it went to the dead-letter queue."""
        self._update(message, status=FAILED, values=_reason(reason, detail))

    def suppressed(self, message: Message) -> None:
        """Record that nobody is left to send it to."""
        reasons = ", ".join(sorted(set(message.left_out.values())))
        values = _reason(reasons, "every recipient is suppressed; see make suppressed")
        self._update(message, status=SUPPRESSED, values={**values, **_left_out(message)})

    def duplicate(self, message: Message, *, of: str) -> None:
        """Record that an earlier request with the same idempotency key stands for this one."""
        self._update(message, status=DUPLICATE, values={"duplicate_of": _text(of)})

    def _update(
        self, message: Message, *, status: str, values: Mapping[str, Any], added: Mapping[str, Any] | None = None
    ) -> None:
        values = {**values, "status": _text(status), "updated_at": _number(self._now_ms())}
        added = added or {}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        if added:
            expression += " ADD " + ", ".join(f"#{name} :{name}" for name in added)
        self._client.update_item(
            TableName=self._table,
            Key={"id": _text(message.id)},
            UpdateExpression=expression,
            ExpressionAttributeNames={f"#{name}": name for name in (*values, *added)},
            ExpressionAttributeValues={f":{name}": value for name, value in {**values, **added}.items()},
        )

    def take_key(self, key: str, message: Message) -> str | None:
        """Take an idempotency key for a request; returns the message id of the request that has it already, if any."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item={"id": _key(key), "message": _text(message.id), "expires": _number(self._expires())},
                # A failed request may have kept its key: where SQS has moved it, nobody could give the key free.
                ConditionExpression="attribute_not_exists(id) OR message IN (:mine, :failed)",
                ExpressionAttributeValues={
                    ":mine": _text(message.id),
                    ":failed": _text(message.redriven_from or message.id),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            return item_against(error)["message"]["S"]
        return None

    def release_key(self, key: str, message: Message) -> None:
        """Give the key of a request that has failed to the next one."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key={"id": _key(key)},
                ConditionExpression="message = :mine",
                ExpressionAttributeValues={":mine": _text(message.id)},
            )
        except ClientError as error:
            item_against(error)  # another request has it by now

    def _expires(self) -> int:
        return int(self._now()) + self._lifetime_s

    def _now_ms(self) -> int:
        return int(self._now() * 1000)


def _text(value: str) -> Any:  # noqa: ANN401
    return {"S": value}


def _number(value: int) -> Any:  # noqa: ANN401
    return {"N": str(value)}


def _key(key: str) -> Any:  # noqa: ANN401
    return _text(f"key#{key}")


def _sent(message: Message, sent: Sent) -> dict[str, Any]:
    return {
        **_left_out(message),
        "ses_message_id": _text(sent.ses_message_id),
        "recipients": _number(sent.recipients),
        "sent_at": _number(sent.at),
    }


def _left_out(message: Message) -> dict[str, Any]:
    reasons = {address: _text(reason) for address, reason in message.left_out.items()}
    return {"left_out": {"M": reasons}} if reasons else {}


def _reason(reason: str, detail: str) -> dict[str, Any]:
    return {"reason": _text(reason), "detail": _text(detail)}
