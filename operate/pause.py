"""`make pause`: stop the consumer, so that people can receive by hand; `make resume` undoes it.

An attached function takes messages as soon as they are there: who receives beside it gets what it leaves.
"""

import time

from operate import stage
from operate.command import StageError, run, say

LONGEST_CHANGE = 300
"""Seconds that Lambda may take to stop or start polling a queue; a minute is usual."""


def main() -> int:
    """Stop the consumer of a stage."""
    pause(stage.find(stage.chosen()))
    return 0


def pause(target: stage.Stage) -> None:
    """Disable every mapping; from then on only people enable them again."""
    # Before, so that no scheduled check enables them meanwhile; after, since the consumer may just have paused itself.
    target.sending.forget_disabled(target.mappings)
    switch(target, enabled=False)
    target.sending.forget_disabled(target.mappings)
    print("The consumer takes nothing until `make resume`; requests stay on their queues.")


def switch(target: stage.Stage, *, enabled: bool) -> None:
    """Enable or disable every mapping between a queue and the consumer, and wait until each is."""
    deadline = time.monotonic() + LONGEST_CHANGE
    for queue in stage.QUEUES:
        _ask(target, mapping=target.mapping(queue), enabled=enabled, deadline=deadline)
    for queue in stage.QUEUES:
        _wait(target, queue=queue, state="Enabled" if enabled else "Disabled", deadline=deadline)


def _ask(target: stage.Stage, *, mapping: str, enabled: bool, deadline: float) -> None:
    while True:
        try:
            target.functions.update_event_source_mapping(UUID=mapping, Enabled=enabled)
        except target.functions.exceptions.ResourceInUseException:
            # It is just changing (AWS Lambda API reference, UpdateEventSourceMapping).
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return


def _wait(target: stage.Stage, *, queue: str, state: str, deadline: float) -> None:
    mapping = target.mapping(queue)
    while (seen := target.functions.get_event_source_mapping(UUID=mapping).get("State")) != state:
        if time.monotonic() > deadline:
            raise StageError(f"mapping {mapping} of queue {queue} is {seen} after {LONGEST_CHANGE} s, not {state}")
        time.sleep(0.2)
    say(state.lower(), target.queue_url(queue).rpartition("/")[2])


if __name__ == "__main__":
    run("pause", main)
