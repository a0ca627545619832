"""Alarms that are gone, that nobody hears, or that ring later than before."""

from collections.abc import Iterator
from typing import Any, cast

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.links import Links, Resource
from review.risks.settings import Setting, left, off, weakened
from review.risks.values import at, few, functions, listed, number, text
from review.values import references

ALARM, COMPOSITE, FILTER = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Logs::MetricFilter"
SUBSCRIPTION, TOPIC = "AWS::SNS::Subscription", "AWS::SNS::Topic"
BLUNTED, UNHEARD = "alarm-blunted", "alarm-unheard"
WATCHED = ("Namespace", "MetricName", "Dimensions", "Metrics", "Statistic", "ExtendedStatistic", "AlarmRule")
PATIENCE = ("Period", "EvaluationPeriods", "DatapointsToAlarm")


def _another(_before: object, _after: object) -> bool:
    """Whatever it is: what the metric stands for has changed."""
    return True


SETTINGS = [
    *(
        Setting(UNHEARD, Severity.HIGH, kind, ["ActionsEnabled"], off(default=True), "the alarm's actions are off")
        for kind in (ALARM, COMPOSITE)
    ),
    Setting(BLUNTED, Severity.MEDIUM, ALARM, ["TreatMissingData"], left("breaching"),
            "the alarm no longer rings when data is missing"),
    Setting(BLUNTED, Severity.MEDIUM, FILTER, ["FilterPattern"], _another, "the metric counts other lines of the log"),
]  # fmt: skip


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find alarms removed whose object stays, blunted ones, and the metrics and subscriptions that they live by."""
    yield from weakened(comparison, SETTINGS)
    for pair in comparison.of(ALARM, COMPOSITE):
        if pair.after is None and not _moved(comparison, pair) and not _orphaned(comparison, pair):
            yield pair.finding("alarm-removed", Severity.HIGH, f"the alarm is removed: {_purpose(pair)}", pair.old)
        elif pair.stays:
            yield from _blunted(comparison, pair)
    for pair in comparison.of(FILTER):
        yield from _blinded(comparison, pair)
    for pair in comparison.of(SUBSCRIPTION):
        yield from _unsubscribed(comparison, pair)


def _purpose(pair: Pair) -> str:
    return few([text(pair.old.get("AlarmDescription") or pair.old.get("MetricName") or pair.logical_id)])


def _watches(properties: dict[str, Any]) -> str:
    return text({key: _without_periods(properties.get(key)) for key in WATCHED})


def _without_periods(value: object) -> object:
    """Metrics but for how long their periods are, which is another question."""
    if isinstance(value, list):
        return [_without_periods(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        found = cast("dict[str, object]", value)
        return {key: _without_periods(item) for key, item in found.items() if key != "Period"}
    return value


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


def _blunted(comparison: Comparison, pair: Pair) -> Iterator[Finding]:
    """What makes an alarm ring later, for something else, or for fewer people."""
    for title, keys, worse in (
        ("the alarm rings later: its threshold is further away", ("ComparisonOperator", "Threshold"), _further),
        ("the alarm rings later: it waits for longer", PATIENCE, _slower),
        ("the alarm watches something else", WATCHED, _elsewhere),
    ):
        if worse(pair.old, pair.new):
            shown = [{key: one[key] for key in keys if key in one} for one in (pair.old, pair.new)]
            yield pair.finding(BLUNTED, Severity.MEDIUM, title, *shown)
    told = [_told(links, pair, one) for links, one in ((comparison.before, pair.old), (comparison.after, pair.new))]
    if told[0] - told[1]:
        title = "the alarm no longer tells whom it told"
        yield pair.finding(UNHEARD, Severity.HIGH, title, pair.old["AlarmActions"], pair.new.get("AlarmActions"))


def _further(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether values that rang before do not ring any longer."""
    bounds = [number(properties.get("Threshold")) for properties in (old, new)]
    before, after = (str(properties.get("ComparisonOperator")) for properties in (old, new))
    if None in bounds:
        return False
    if before.startswith("Greater") != after.startswith("Greater"):
        return True
    further = cast("float", bounds[1]) - cast("float", bounds[0])
    if not before.startswith("Greater"):
        further = -further
    return further > 0 or (further == 0 and "OrEqual" in before and "OrEqual" not in after)


def _slower(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return _patience(new) > _patience(old)


def _elsewhere(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return _watches(new) != _watches(old)


def _patience(properties: dict[str, Any]) -> float:
    """How many seconds have to be bad before an alarm rings."""
    periods = [value for key, value in functions([properties]) if key == "Period"]
    longest = max((number(value) or 0 for value in periods), default=60)
    return longest * (number(properties.get("DatapointsToAlarm", properties.get("EvaluationPeriods"))) or 1)


def _told(links: Links, pair: Pair, properties: dict[str, Any]) -> set[object]:
    """Whom an alarm tells, in whatever way it names them."""
    actions = listed(properties.get("AlarmActions"))
    found = [links.origins(pair.stage, pair.stack, action) or {text(action)} for action in actions]
    return {one for ones in found for one in ones}


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
