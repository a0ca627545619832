"""Dead letters that a real consumer has made, and the command that sends them in again."""

from typing import Any

from operate import redrive
from operate.stage import Stage
from tests.mail_records import MAIL
from tests.mail_world import World

NOBODY = {**MAIL, "Destination": "nobody"}


class Post:
    """A stage whose standard and FIFO queue a consumer reads, batch by batch, as a test asks for it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.events = [world.sqs.create_queue(QueueName=f"{world.name}-events{n}")["QueueUrl"] for n in range(2)]
        standard, fifo = world.queue(), world.queue(".fifo")
        self.stage = Stage(
            name="local",
            outputs={
                "DeliveriesTable": f"{world.name}-deliveries",
                "StandardQueueUrl": standard.url,
                "StandardDeadLetterQueueUrl": standard.dead_letter_url,
                "FifoQueueUrl": fifo.url,
                "FifoDeadLetterQueueUrl": fifo.dead_letter_url,
                "FeedbackQueueUrl": self.events[0],
                "FeedbackDeadLetterQueueUrl": self.events[1],
            },
            sqs=world.sqs,
            dynamodb=world.dynamodb,
            functions=world.lambda_,
        )
        self.told: list[str] = []

    def consume(self, *, kind: str = "") -> None:
        """Let the consumer work through its queue."""
        while records := self.world.take(kind=kind):
            self.world.consume(self.world.consumer(), records)

    def rejected(self, *, kind: str = "", group: str = "g", **changed: str) -> str:
        """A request that its queue's consumer has rejected; returns its id."""
        message_id = self.world.put(kind=kind, group=group, **(NOBODY | changed))
        self.consume(kind=kind)
        return message_id

    def failed(self, subject: str, *, kind: str = "", group: str = "g") -> str:
        """A request that is as it should be, and that SES has refused."""
        self.world.fail(code="MessageRejected", message="not today", status=400)
        message_id = self.world.put(kind=kind, group=group, **(MAIL | {"Subject": subject}))
        self.consume(kind=kind)
        return message_id

    def redrive(self, *, queue: str = "standard", later_s: float = 0, **asked: Any) -> redrive.Redrive:
        """One run of the command on one queue."""
        wanted: dict[str, Any] = {"queue": queue, "reason": "", "dry": False, **asked}
        run = redrive.Redrive(target=self.stage, asked=redrive.Asked(**wanted), now=lambda: self.world.now() + later_s)
        run.work(queue)
        return run

    def letters(self, kind: str = "") -> list[str]:
        """The subjects of the dead letters that can be received now; they stay where they are."""
        found = self.world.take(kind=kind, url=self.world.queue(kind).dead_letter_url, visibility=0)
        return [letter["messageAttributes"]["Subject"]["stringValue"] for letter in found]

    def set_record(self, message_id: str, **values: Any) -> None:
        """Change attributes of a delivery record."""
        self.world.dynamodb.update_item(
            TableName=self.stage.outputs["DeliveriesTable"],
            Key={"id": {"S": message_id}},
            AttributeUpdates={name: {"Value": value} for name, value in values.items()},
        )
