"""Alarms that are gone, that nobody hears, or that ring later than before."""

from collections.abc import Callable, Iterator
from typing import Any

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.links import Resource
from review.risks.settings import Setting, fewer, left, off, raised, weakened
from review.risks.values import at, functions, listed, number, text
from review.values import references

ALARM, COMPOSITE, FILTER = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Logs::MetricFilter"
SUBSCRIPTION, TOPIC = "AWS::SNS::Subscription", "AWS::SNS::Topic"
BLUNTED, UNHEARD = "alarm-blunted", "alarm-unheard"
WATCHED = ("Namespace", "MetricName", "Dimensions", "Metrics", "AlarmRule")


def _another(_before: object, _after: object) -> bool:
    """Whatever it is: what the metric stands for has changed."""
    return True


SETTINGS = [
    *(
        setting
        for kind in (ALARM, COMPOSITE)
        for setting in (
            Setting(
                UNHEARD,
                Severity.HIGH,
                kind,
                ["ActionsEnabled"],
                off(default=True),
                "the alarm tells nobody: its actions are off",
            ),
            Setting(UNHEARD, Severity.HIGH, kind, ["AlarmActions"], fewer, "the alarm no longer tells whom it told"),
        )
    ),
    Setting(
        BLUNTED, Severity.MEDIUM, ALARM, ["EvaluationPeriods"], raised(), "the alarm rings later: after more periods"
    ),
    Setting(BLUNTED, Severity.MEDIUM, ALARM, ["DatapointsToAlarm"], raised(), "the alarm rings later: after more data"),
    Setting(BLUNTED, Severity.MEDIUM, ALARM, ["Period"], raised(), "the alarm rings later: its periods are longer"),
    Setting(
        BLUNTED,
        Severity.MEDIUM,
        ALARM,
        ["TreatMissingData"],
        left("breaching"),
        "the alarm no longer rings when data is missing",
    ),
    Setting(BLUNTED, Severity.MEDIUM, FILTER, ["FilterPattern"], _another, "the metric counts other lines of the log"),
]


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find alarms removed whose object stays, blunted ones, and the metrics and subscriptions that they live by."""
    yield from weakened(comparison, SETTINGS)
    for pair in comparison.of(ALARM, COMPOSITE):
        if pair.after is None and not _moved(comparison, pair) and not _orphaned(comparison, pair):
            yield pair.finding("alarm-removed", Severity.HIGH, f"the alarm is removed: {_purpose(pair)}", pair.old)
        elif pair.stays:
            yield from _blunted(pair)
    for pair in comparison.of(FILTER):
        yield from _blinded(comparison, pair)
    for pair in comparison.of(SUBSCRIPTION):
        yield from _unsubscribed(comparison, pair)


def _purpose(pair: Pair) -> str:
    return text(pair.old.get("AlarmDescription") or pair.old.get("MetricName") or pair.logical_id)


def _watches(properties: dict[str, Any]) -> str:
    return text({key: properties.get(key) for key in WATCHED})


def _moved(comparison: Comparison, pair: Pair) -> bool:
    """Whether another alarm that is new watches the same."""
    others = (
        other for other in comparison.pairs(pair.stage, pair.stack) if other.kind == pair.kind and not other.before
    )
    return any(_watches(other.new) == _watches(pair.old) for other in others)


def _orphaned(comparison: Comparison, pair: Pair) -> bool:
    """Whether what the alarm watches is gone too."""
    template = comparison.head.get(pair.stage, pair.stack)
    watched = references({key: pair.old.get(key) for key in WATCHED})
    return bool(watched) and not any(name in (template.resources if template else {}) for name in watched)


Blunter = Callable[[float, float], bool]
RINGS_ABOVE: Blunter = lambda before, after: after > before  # noqa: E731
RINGS_BELOW: Blunter = lambda before, after: after < before  # noqa: E731


def _blunted(pair: Pair) -> Iterator[Finding]:
    """A threshold that is further away, a comparison the other way round, or something else that is watched."""
    keys = ("ComparisonOperator", "Threshold")
    operator, old_bound, new_bound = (
        pair.old.get("ComparisonOperator"),
        number(pair.old.get("Threshold")),
        number(pair.new.get("Threshold")),
    )
    shown = [{key: properties.get(key) for key in keys} for properties in (pair.old, pair.new)]
    if operator != pair.new.get("ComparisonOperator"):
        yield pair.finding(BLUNTED, Severity.MEDIUM, "the alarm compares in another way", *shown)
    elif old_bound is not None and new_bound is not None:
        further = RINGS_ABOVE if str(operator).startswith("Greater") else RINGS_BELOW
        if further(old_bound, new_bound):
            yield pair.finding(BLUNTED, Severity.MEDIUM, "the alarm rings later: its threshold is further away", *shown)
    if _watches(pair.old) != _watches(pair.new):
        watched = [
            {key: properties[key] for key in WATCHED if key in properties} for properties in (pair.old, pair.new)
        ]
        yield pair.finding(BLUNTED, Severity.MEDIUM, "the alarm watches something else", *watched)


def _blinded(comparison: Comparison, pair: Pair) -> Iterator[Finding]:
    """A metric that is made from a log no longer, though an alarm watches it: the alarm never rings."""
    made = _metrics(pair.old) - _metrics(pair.new)
    pairs = list(comparison.pairs(pair.stage, pair.stack))
    others = {metric for other in pairs if other.kind == FILTER and other.after for metric in _metrics(other.new)}
    watched = {metric for other in pairs if other.kind == ALARM and other.after for metric in _of_alarm(other.new)}
    for namespace, name in sorted((made - others) & watched):
        title = f"an alarm watches {namespace} {name}, which nothing counts any longer"
        yield pair.finding("alarm-blind", Severity.HIGH, title, pair.old, pair.new or None)


def _metrics(properties: dict[str, Any]) -> set[tuple[str, str]]:
    found = listed(properties.get("MetricTransformations"))
    return {(text(at(one, "MetricNamespace")), text(at(one, "MetricName"))) for one in found}


def _of_alarm(properties: dict[str, Any]) -> set[tuple[str, str]]:
    metrics = [properties, *(value for key, value in functions(properties.get("Metrics")) if key == "Metric")]
    return {(text(at(one, "Namespace")), text(at(one, "MetricName"))) for one in metrics}


def _unsubscribed(comparison: Comparison, pair: Pair) -> Iterator[Finding]:
    """Somebody is no longer told; another address for the same topic is for people to decide."""
    if pair.after is not None:
        return
    origins = comparison.before.origins(pair.stage, pair.stack, pair.old.get("TopicArn"))
    template = comparison.head.get(pair.stage, pair.stack)
    topics = {origin.logical_id for origin in origins}
    resources = (template.resources if template else {}).values()
    kept = [
        one
        for one in resources
        if one["Type"] == SUBSCRIPTION and references(one["Properties"].get("TopicArn")) & topics
    ]
    told = [
        one for name in topics if (one := (template.resources if template else {}).get(name)) and one["Type"] == TOPIC
    ]
    if told and not kept and any(_rings(comparison, origin) for origin in origins):
        yield pair.finding(UNHEARD, Severity.HIGH, "nobody is told of alarms any longer", pair.old)


def _rings(comparison: Comparison, topic: Resource) -> bool:
    """Whether an alarm of any stack tells a topic."""
    return any(
        topic in comparison.after.origins(template.stage, template.stack, at(resource, "Properties", "AlarmActions"))
        for template in comparison.head.templates.values()
        if template.stage == topic.stage
        for resource in template.resources.values()
        if resource["Type"] in (ALARM, COMPOSITE)
    )
