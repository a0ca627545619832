"""The delivery records, as far as they follow the mail: the attribute `outcomes`, and nothing that is the consumer's.

`outcomes` is a map: recipient to a map of `word`, `rank`, `at` (epoch milliseconds), `detail` and `ses_message_id`.
Records are read together and written together, each only if its outcomes are still those that were read. The highest
outcome of a recipient stands, so that events may come twice, in any order, and to several invocations at a time.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mail_common.suppressions import DAY_S
from mail_feedback.outcomes import Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Amazon DynamoDB API reference, "BatchExecuteStatement"; "BatchGetItem" takes more.
MAX_STATEMENTS = 25
# Every failed write means that another invocation was faster; more in a row than this is no normal load.
TRIES = 6
FIRST_WAIT_S = 0.02

Changes = Mapping[str, Mapping[str, Outcome]]


class Records:
    """The outcomes in the table of delivery records."""

    def __init__(
        self, *, client: "DynamoDBClient", table: str, record_days: int, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table
        self._lifetime_s = record_days * DAY_S
        self._now = now

    def follow(self, changes: Changes) -> dict[str, str]:
        """Note what became of mails, by request id; returns the requests that could not be written, each with why.

        A request without a record gets one that holds the outcomes alone: its event was faster, or it has expired.
        """
        left: dict[str, str] = {}
        ids = list(changes)
        for start in range(0, len(ids), MAX_STATEMENTS):
            left |= self._follow({id_: changes[id_] for id_ in ids[start : start + MAX_STATEMENTS]})
        return left

    def _follow(self, changes: Changes) -> dict[str, str]:
        left = dict.fromkeys(changes, "")
        for attempt in range(TRIES):
            left = self._try({id_: changes[id_] for id_ in left})
            if not left:
                break
            time.sleep(FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
        return left

    def _try(self, changes: Changes) -> dict[str, str]:
        """Read and write once; returns what has to be done again."""
        items, unread = self._read(changes)
        statements = {
            id_: self._statement(id_, items.get(id_), outcomes)
            for id_, outcomes in changes.items()
            if id_ not in unread and _news(_stored(items.get(id_)), outcomes)
        }
        failed = dict.fromkeys(unread, "UnprocessedKeys")
        if not statements:
            return failed
        answer = self._client.batch_execute_statement(Statements=list(statements.values()))
        codes = [response.get("Error", {}).get("Code") for response in answer["Responses"]]
        return failed | {id_: code for id_, code in zip(statements, codes, strict=True) if code}

    def _read(self, ids: Mapping[str, object]) -> tuple[dict[str, Any], set[str]]:
        """The records by id, and the ids that DynamoDB has not come to."""
        keys: list[Any] = [{"id": {"S": id_}} for id_ in ids]
        asked: Any = {
            "Keys": keys,
            "ConsistentRead": True,
            "ProjectionExpression": "id, #outcomes",
            "ExpressionAttributeNames": {"#outcomes": "outcomes"},
        }
        answer: Any = self._client.batch_get_item(RequestItems={self._table: asked})
        unread = answer.get("UnprocessedKeys", {}).get(self._table, {"Keys": []})["Keys"]
        items = answer["Responses"].get(self._table, [])
        return {item["id"]["S"]: item for item in items}, {key["id"]["S"] for key in unread}

    def _statement(self, id_: str, item: Mapping[str, Any] | None, outcomes: Mapping[str, Outcome]) -> Any:  # noqa: ANN401
        key, before = {"S": id_}, _stored(item)
        after = {"M": before | _news(before, outcomes)}
        if item is None:
            new = {"id": key, "outcomes": after, "expires": {"N": str(int(self._now()) + self._lifetime_s)}}
            names = ", ".join(f"'{name}': ?" for name in new)
            return {"Statement": f'INSERT INTO "{self._table}" VALUE {{{names}}}', "Parameters": list(new.values())}
        update = f'UPDATE "{self._table}" SET "outcomes" = ? WHERE "id" = ? AND "outcomes"'  # noqa: S608 - a name of ours
        if "outcomes" not in item:
            return {"Statement": f"{update} IS MISSING", "Parameters": [after, key]}
        return {"Statement": f"{update} = ?", "Parameters": [after, key, item["outcomes"]]}


def _stored(item: Mapping[str, Any] | None) -> dict[str, Any]:
    return (item or {}).get("outcomes", {}).get("M", {})


def _news(before: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """The outcomes that outdo what a record has, as it holds them."""
    return {
        address: _to_item(outcome)
        for address, outcome in outcomes.items()
        if address not in before or outcome > _from_item(before[address]["M"])
    }


def _to_item(outcome: Outcome) -> dict[str, Any]:
    numbers = {"rank": outcome.rank, "at": outcome.at}
    texts = {"ses_message_id": outcome.ses_message_id, "detail": outcome.detail, "word": outcome.word}
    return {
        "M": {name: {"N": str(value)} for name, value in numbers.items()}
        | {name: {"S": text} for name, text in texts.items()}
    }


def _from_item(item: Mapping[str, Any]) -> Outcome:
    return Outcome(
        rank=int(item["rank"]["N"]),
        at=int(item["at"]["N"]),
        ses_message_id=item["ses_message_id"]["S"],
        detail=item["detail"]["S"],
        word=item["word"]["S"],
    )
