"""`make follow`: a request's way from the edge to the mail, in order of time.

ID is the message id of a mail request, a correlation id (what the reader's answer has as `x-amz-cf-id`), or SES's
message id: each leads to the others by log lines and delivery records.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mail_common.correlation import plain_id
from mail_common.dead_letters import MESSAGE_ID
from operate import stage
from operate.command import InputError, printable, run
from operate.dead_letters import DeadLetters
from operate.edge_lines import EdgeLines
from operate.function_lines import FunctionLines
from operate.steps import Step, clock_ms

if TYPE_CHECKING:
    from operate.stage import Stage

ID = re.compile("[A-Za-z0-9_=-]{8,256}")
NO_EDGE_LINE = "edge: no line of it; lines come within minutes, some up to a day late, and not every mail has one"
DEAD = {"failed", "sending", "waiting"}
"""What a record says of a request that may be a dead letter; the latter two where SQS has moved it."""

Record = Mapping[str, Any]


class Way:
    """Everything that is known by an id, and by the ids that it leads to."""

    def __init__(self, *, target: "Stage", lines: FunctionLines, wanted: str) -> None:
        self._target = target
        self._lines = lines
        self.ids: set[str] = set()
        self.records: dict[str, Record] = {}
        self.steps: set[Step] = set()
        self._know({plain_id(wanted)})

    def _know(self, new: set[str]) -> None:
        """Look for ids until they lead to no others."""
        while new := new - self.ids:
            self.ids |= new
            found = list(self._lines.about(new))
            self.steps |= {line.step for line in found}
            new = {id_ for line in found for id_ in line.ids} | self._recorded(new)

    def _recorded(self, ids: Iterable[str]) -> set[str]:
        """Read the records of these requests and return the ids in them."""
        looked_up = {id_: self._target.item("DeliveriesTable", id_) for id_ in filter(MESSAGE_ID.fullmatch, ids)}
        found = {id_: record for id_, record in looked_up.items() if record}
        self.records |= found
        names = ("correlation_id", "ses_message_id", "redriven_from", "redriven_to")
        return {str(record[name]) for record in found.values() for name in names if record.get(name)}

    def recorded(self) -> Iterator[Step]:
        """Yield what the delivery records tell."""
        for id_, record in self.records.items():
            if "queued_at" in record:
                yield Step(int(record["queued_at"]), "queue", f"{id_} queued on {record['queue']}")
            if "status" in record:
                names = ("reason", "detail", "ses_message_id", "duplicate_of", "redriven_from", "redriven_to")
                told = "".join(f"  {name}: {record[name]}" for name in names if record.get(name))
                yield Step(int(record.get("updated_at", 0)), "record", f"{id_} {record['status']}{told}")
            for recipient, outcome in record.get("outcomes", {}).items():
                yield Step(
                    int(outcome["at"]), "outcome", f"{recipient} {outcome['word']}  {outcome['detail']}".rstrip()
                )

    def dead_letters(self) -> Iterator[Step]:
        """Yield the dead letters; looking takes none away."""
        queues = {record.get("queue", "") for record in self.records.values() if record.get("status") in DEAD}
        for queue, name in stage.QUEUES.items():
            if self._target.queue_url(queue).rpartition("/")[2] not in queues:
                continue
            with DeadLetters(client=self._target.sqs, url=self._target.outputs[f"{name}DeadLetterQueueUrl"]) as letters:
                for letter in letters:
                    if self.ids & {letter.id, letter.failed_id}:
                        at = int(letter.message.get("Attributes", {}).get("SentTimestamp", 0))
                        text = f"{letter.failed_id} on {queue}  {letter.reason}: {letter.detail}"
                        yield Step(at, "dead letter", text)


def main() -> int:
    """Print what is known of ID; 1 if that is nothing."""
    typed = os.environ.get("ID", "").strip()
    if not ID.fullmatch(typed):
        raise InputError(f"ID '{typed}' is no message id, correlation id or SES message id, as make mail prints one")
    name = stage.chosen()
    way = Way(target=stage.find(name), lines=FunctionLines.of(name), wanted=typed)
    steps = {*way.steps, *way.recorded(), *way.dead_letters()}
    edge = EdgeLines.of(name)
    at_edge = {*edge.of_requests(way.ids, around=[step.at for step in steps] or [int(time.time() * 1000)])}
    for step in sorted(steps | at_edge):
        print(printable(f"{clock_ms(step.at)}  {step.where:<13}  {step.text}"))
    if not at_edge:
        print(NO_EDGE_LINE)
    return 0 if steps or at_edge else 1


if __name__ == "__main__":
    run("follow", main)
