"""A dead-letter queue in hand, for commands that work on what lies there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mail_common.dead_letters import DETAIL, MESSAGE_ID, REASON, REQUEST_ID

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

HIDDEN_S = 300
"""For how long a letter in hand is hidden from others: what a run that was killed had in hand comes back then."""
AT_ONCE = 10
NO_REASON = "none"
"""What stands for the reason of a letter without one: SQS has moved it after `max_receive_count` receives."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A dead letter as ReceiveMessage gives it."""

    message: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its own message id: of the request itself where SQS has moved it."""
        return self.message["MessageId"]

    @property
    def failed_id(self) -> str:
        """The id of the request that was put aside; the letter's own if it tells none.

        A FIFO queue keeps it as deduplication id, whoever has moved the request ("Learn how to configure a dead-letter
        queue redrive in Amazon SQS").
        """
        told = (self._system("MessageDeduplicationId"), self._text(REQUEST_ID))
        return next(filter(MESSAGE_ID.fullmatch, told), self.id)

    @property
    def reason(self) -> str:
        """Why it is here."""
        return self._text(REASON) or NO_REASON

    @property
    def detail(self) -> str:
        """What more is known of it."""
        return self._text(DETAIL)

    @property
    def group(self) -> str:
        """Its group, empty if it has none."""
        return self._system("MessageGroupId")

    def _system(self, name: str) -> str:
        return self.message.get("Attributes", {}).get(name, "")

    def _text(self, name: str) -> str:
        return self.message.get("MessageAttributes", {}).get(name, {}).get("StringValue", "")


class DeadLetters:
    """Hands each letter out once; in the end all that are not deleted can be received by others again."""

    def __init__(self, *, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url
        self._held: dict[str, str] = {}
        self._handed_out: set[str] = set()
        self._deleted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    @property
    def about(self) -> int:
        """How many letters there are, as SQS estimates it."""
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))

    def __iter__(self) -> Iterator[Letter]:
        """Yield each letter.

        A letter that stays is hidden until the others have been seen. On a FIFO queue it hides those behind it in its
        group too ("Using the Amazon SQS message group ID": none is handed out while one is in flight): they come in
        another round, which there is as long as a round deletes letters.
        """
        while True:
            before = self._deleted
            yield from self._round()
            self._release()
            if self._deleted == before or not self._url.endswith(".fifo"):
                return

    def delete(self, letter: Letter) -> None:
        """Delete a letter that was handed out."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=self._held[letter.id])
        del self._held[letter.id]
        self._deleted += 1

    def _round(self) -> Iterator[Letter]:
        seen: set[str] = set()
        while letters := self._receive():
            self._held |= {letter.id: letter.message["ReceiptHandle"] for letter in letters}
            if seen.issuperset(letter.id for letter in letters):
                return  # hidden no more: the round has been so long
            seen.update(letter.id for letter in letters)
            fresh = [letter for letter in letters if letter.id not in self._handed_out]
            self._handed_out.update(letter.id for letter in fresh)
            yield from fresh

    def _receive(self) -> list[Letter]:
        # A long poll asks all servers of the queue, so that no answer is empty by chance ("Amazon SQS short and long
        # polling").
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=AT_ONCE,
            WaitTimeSeconds=1,
            VisibilityTimeout=HIDDEN_S,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return [Letter(message=message) for message in answer.get("Messages", [])]

    def _release(self) -> None:
        held, self._held = [*self._held.values()], {}
        for first in range(0, len(held), AT_ONCE):
            self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(held[first : first + AT_ONCE])
                ],
            )
