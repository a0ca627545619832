"""Queues, the functions that read them and the dead-letter queues behind them: what is lost between two of them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.data_loss import PARTIAL, QUEUE, QUEUE_RETENTION
from review.risks.links import Links, Resource
from review.risks.values import at, listed, number, on

MAPPING, FUNCTION = "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function"
# "AWS::SQS::Queue", VisibilityTimeout, and "AWS::Lambda::Function", Timeout: seconds.
VISIBILITY, TIMEOUT = 30, 3
# "Using Lambda with Amazon SQS": a queue's visibility timeout is to be at least six times the function's timeout.
TIMES = 6
REPORTS = "ReportBatchItemFailures"


class Reading(NamedTuple):
    """A queue and the function that reads it."""

    mapping: Resource
    queue: Resource
    visibility: float
    timeout: float

    @property
    def times(self) -> float:
        """How many of the function's timeouts a message stays hidden for."""
        return self.visibility / self.timeout


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find messages that come back while they are worked on, that nobody reads, or that expire among dead letters."""
    for stage, stack in comparison.stacks:
        for pair in comparison.pairs(stage, stack):
            if pair.kind == MAPPING:
                yield from _hidden_too_shortly(comparison, pair)
                yield from _reader(comparison, pair)
            if pair.kind == QUEUE and pair.after:
                yield from _dead_letters(comparison, pair)


def _reading(links: Links, pair: Pair, properties: dict[str, Any]) -> Reading | None:
    here = (pair.stage, pair.stack)
    queue, function = (
        next(iter(sorted(links.origins(*here, properties.get(key)))), None)
        for key in ("EventSourceArn", "FunctionName")
    )
    if queue is None or function is None:
        return None
    visibility = number(links.properties(queue).get("VisibilityTimeout", VISIBILITY))
    timeout = number(links.properties(function).get("Timeout", TIMEOUT))
    return Reading(Resource(*here, pair.logical_id), queue, visibility, timeout) if visibility and timeout else None


def _hidden_too_shortly(comparison: Comparison, pair: Pair) -> Iterator[Finding]:
    """The queue, the function or the mapping may be what has changed: the three are looked at together."""
    before = _reading(comparison.before, pair, pair.old) if pair.before else None
    after = _reading(comparison.after, pair, pair.new) if pair.after else None
    # A queue of another service has no such timeout.
    if after is None or comparison.after.kind(after.queue) != QUEUE:
        return
    old = before.times if before else TIMES
    shown = [{"visibility": one.visibility, "timeout": one.timeout} if one else None for one in (before, after)]
    name = comparison.after.where(after.queue)
    if after.times < 1 <= old:
        title = f"messages of {name} come back while the function still works on them: they are done twice"
        yield pair.finding("visibility-below-timeout", Severity.HIGH, title, *shown)
    elif after.times < TIMES <= old:
        title = f"messages of {name} are hidden for less than {TIMES} times the function's timeout"
        yield pair.finding("visibility-too-short", Severity.MEDIUM, title, *shown)


def _reader(comparison: Comparison, pair: Pair) -> Iterator[Finding]:
    """A mapping that is gone or off while its queue stays, or that takes a failed message for a done one."""
    source = next(iter(sorted(comparison.before.origins(pair.stage, pair.stack, pair.old.get("EventSourceArn")))), None)
    if pair.before is None or source is None or not comparison.after.kind(source):
        return
    if pair.after is None:
        if not _read_by_another(comparison, source):
            title = f"nothing reads {comparison.after.where(source)} any longer: messages expire"
            yield pair.finding("reader-removed", Severity.HIGH, title, pair.old)
        return
    if on(pair.old.get("Enabled", True)) and not on(pair.new.get("Enabled", True)):
        title = f"reading {comparison.after.where(source)} is turned off: messages wait until they expire"
        yield pair.finding("reader-removed", Severity.HIGH, title, True, False)  # noqa: FBT003
    old, new = (listed(properties.get("FunctionResponseTypes")) for properties in (pair.old, pair.new))
    if REPORTS in old and REPORTS not in new:
        title = "messages that the function reports as failed are deleted like the others"
        yield pair.finding(PARTIAL, Severity.HIGH, title, old, new)


def _read_by_another(comparison: Comparison, queue: Resource) -> bool:
    return any(
        queue in comparison.after.origins(template.stage, template.stack, at(resource, "Properties", "EventSourceArn"))
        for template in comparison.head.templates.values()
        if template.stage == queue.stage
        for resource in template.resources.values()
        if resource["Type"] == MAPPING
    )


def _dead_letters(comparison: Comparison, pair: Pair) -> Iterator[Finding]:
    """A message keeps its age as it is moved ("Using dead-letter queues in Amazon SQS"): it must live longer there."""
    before, after = (
        _lifetimes(links, pair, properties)
        for links, properties in ((comparison.before, pair.old), (comparison.after, pair.new))
    )
    if after and after[1] < after[0] and not (before and before[1] < before[0]):
        names = ("source", "dead_letters")
        shown = [dict(zip(names, one, strict=True)) if one else None for one in (before, after)]
        title = "messages expire among dead letters sooner than they would have in the queue itself"
        yield pair.finding("dead-letters-expire", Severity.HIGH, title, *shown)


def _lifetimes(links: Links, pair: Pair, properties: dict[str, Any]) -> tuple[float, float] | None:
    """Return how long messages live in a queue and in its dead-letter queue."""
    named = at(properties, "RedrivePolicy", "deadLetterTargetArn")
    letters = next(iter(sorted(links.origins(pair.stage, pair.stack, named))), None)
    if letters is None or named is None:
        return None
    own, others = (
        number(one.get("MessageRetentionPeriod", QUEUE_RETENTION)) for one in (properties, links.properties(letters))
    )
    return None if own is None or others is None else (own, others)
