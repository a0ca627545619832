"""The record of each received mail: claimed before the mail is read, so that one that ends the function ends itself.

Items of the table, partition key `id` (SES's message id): `status`, `received_at`, `from`, `to`, `envelope`, `subject`,
`size`, `verdicts`, `attachments`, `s3_key`, `routes`, `dmarc`, `reason`, `detail`, and while it is worked on `owner`,
`lease_until` and `attempts`. Times are epoch milliseconds, `expires` is epoch seconds (the table's time to live).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from msgspec import Struct

from mail_common.errors import item_against

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READING, STORED, QUARANTINED, DROPPED, UNREADABLE = "reading", "stored", "quarantined", "dropped", "unreadable"
DAY_S = 86_400


class Claimed(Struct, frozen=True):
    """The mail is ours to read; `attempts` counts this one and those that ended without a word."""

    attempts: int


class Ended(Struct, frozen=True):
    """The mail has been dealt with before."""

    status: str


class Busy(Struct, frozen=True):
    """Another invocation may be reading it."""


class Records:
    """The records, written under the name of one invocation."""

    def __init__(self, *, client: "DynamoDBClient", table: str, record_days: int, now: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._lifetime_s = record_days * DAY_S
        self._now = now

    def claim(self, id_: str, *, owner: str, lease_until: int, known: Mapping[str, Any]) -> Claimed | Ended | Busy:
        """Claim a mail for `owner` until `lease_until` (epoch milliseconds), with what is `known` before it is read."""
        values = {**known, "status": READING, "owner": owner, "lease_until": lease_until, "expires": self._expires()}
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": id_}},
                # `owner`: a claim whose answer was lost and that the SDK sent again is still ours.
                ConditionExpression="attribute_not_exists(id) OR "
                "(#status = :status AND (#owner = :owner OR lease_until < :now))",
                UpdateExpression=f"{_set(values)} ADD attempts :one",
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues=_placed({**values, "one": 1, "now": int(self._now() * 1000)}),
                ReturnValues="UPDATED_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            status = item_against(error)["status"]["S"]
            return Busy() if status == READING else Ended(status)
        attributes: dict[str, Any] = dict(answer["Attributes"])
        return Claimed(int(attributes["attempts"]["N"]))

    def give_back(self, id_: str, *, owner: str, reason: str, detail: str) -> None:
        """Let a mail be claimed at once that only something else has kept from its end; the attempt does not count."""
        values = {"reason": reason, "detail": detail, "lease_until": 0}
        try:
            self._update(
                id_, owner=owner, expression=f"{_set(values)} ADD attempts :less", values={**values, "less": -1}
            )
        except ClientError as error:
            item_against(error)  # another invocation has it by now

    def end(self, id_: str, *, owner: str, values: Mapping[str, Any]) -> bool:
        """Record what became of a mail; nothing where another invocation has taken it over in the meantime."""
        expression = f"{_set(values)} REMOVE #owner, lease_until, attempts"
        if "reason" not in values:
            expression += ", reason, detail"
        try:
            self._update(id_, owner=owner, expression=expression, values=values)
        except ClientError as error:
            item_against(error)
            return False
        return True

    def _update(self, id_: str, *, owner: str, expression: str, values: Mapping[str, Any]) -> None:
        names = {"owner", *values} - {"less"}
        self._client.update_item(
            TableName=self._table,
            Key={"id": {"S": id_}},
            ConditionExpression="#owner = :owner",
            UpdateExpression=expression,
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ExpressionAttributeValues=_placed({**values, "owner": owner}),
        )

    def _expires(self) -> int:
        return int(self._now()) + self._lifetime_s


def _set(names: Iterable[str]) -> str:
    return "SET " + ", ".join(f"#{name} = :{name}" for name in names)


def _placed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f":{name}": attribute(value) for name, value in values.items()}


def attribute(value: object) -> Any:  # noqa: ANN401 - DynamoDB's form of it
    """A value in DynamoDB's form: text, number, list or map."""
    match value:
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case Mapping():
            inner: Mapping[str, object] = value  # pyright: ignore[reportUnknownVariableType]
            return {"M": {name: attribute(each) for name, each in inner.items()}}
        case Iterable():
            items: Iterable[object] = value  # pyright: ignore[reportUnknownVariableType]
            return {"L": [attribute(item) for item in items]}
        case _:
            raise TypeError(f"no attribute of a record: {value!r}")
