"""What holds data or a name that others know, replaced or removed."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from review.model import Change, Finding, PropertyChange, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.links import Resource
from review.risks.policies import fate
from review.risks.values import few


class Kind(NamedTuple):
    """What a stateful resource is."""

    noun: str
    anew: str
    """What takes its place when it is replaced."""
    weight: Severity
    """How bad it is to lose it."""


EMPTY, CRITICAL = "an empty one", Severity.CRITICAL
HOLDS: Mapping[str, Kind] = MappingProxyType(
    {
        "AWS::Cognito::UserPool": Kind("user pool", "one without users", CRITICAL),
        "AWS::DynamoDB::GlobalTable": Kind("table", EMPTY, CRITICAL),
        "AWS::DynamoDB::Table": Kind("table", EMPTY, CRITICAL),
        "AWS::EFS::FileSystem": Kind("file system", EMPTY, CRITICAL),
        "AWS::ElastiCache::CacheCluster": Kind("cache", EMPTY, Severity.HIGH),
        "AWS::ElastiCache::ReplicationGroup": Kind("cache", EMPTY, CRITICAL),
        "AWS::ElastiCache::ServerlessCache": Kind("cache", EMPTY, CRITICAL),
        "AWS::KMS::Key": Kind("key", "one that cannot decrypt what there is", CRITICAL),
        "AWS::Kinesis::Stream": Kind("stream", EMPTY, CRITICAL),
        "AWS::Logs::LogGroup": Kind("log group", EMPTY, Severity.HIGH),
        "AWS::RDS::DBCluster": Kind("database", EMPTY, CRITICAL),
        "AWS::RDS::DBInstance": Kind("database", EMPTY, CRITICAL),
        "AWS::Route53::HostedZone": Kind(
            "zone", "one with other name servers, which the parent zone does not know", CRITICAL
        ),
        "AWS::S3::Bucket": Kind("bucket", EMPTY, CRITICAL),
        "AWS::SecretsManager::Secret": Kind("secret", "another secret", CRITICAL),
        "AWS::SES::EmailIdentity": Kind("identity", "one that is not verified yet", CRITICAL),
        "AWS::SQS::Queue": Kind("queue", EMPTY, CRITICAL),
    }
)
"""What holds data, or a name that others know."""
# A cluster's data is in its volume, which its instances share.
MEMBER = Kind("instance of the database cluster", "a new one", Severity.MEDIUM)


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find what will or may be replaced, be it for what it refers to alone, and what is no longer in a template."""
    for change in comparison.differences.changes:
        pair = comparison.pair(Resource(change.stage, change.stack, change.logical_id))
        if pair.kind in HOLDS:
            yield from _lost(comparison, pair, change)
    yield from _moved(comparison)


def _moved(comparison: Comparison) -> Iterator[Finding]:
    """A stack in another region, or of another name, is another stack: the old one stays where it is, with its data."""
    for section in comparison.differences.sections:
        template = comparison.base.get(section.stage, section.stack)
        if section.section != "Stack" or section.name not in {"name", "region"} or template is None:
            continue
        held = sorted(template.where(name) for name, one in template.resources.items() if one["Type"] in HOLDS)
        yield Finding(
            rule="stack-moved",
            severity=CRITICAL if held else Severity.MEDIUM,
            stage=section.stage,
            stack=section.stack,
            resource=section.stack,
            title=f"another {section.name} makes another stack; the old one stays, with {few(held) or 'no data'}",
            source="risk",
            before=section.before,
            after=section.after,
        )


def _lost(comparison: Comparison, pair: Pair, change: Change) -> Iterator[Finding]:
    """What a change does to a stateful resource."""
    noun, anew, severity = kind(pair)
    less = min(severity, Severity.HIGH)
    match change.impact:
        case "replace":
            left = fate(pair.after, "UpdateReplacePolicy")
            title = f"the {noun} is replaced by {anew}, because of {reasons(comparison, change)}; the old one {left}"
            yield pair.finding("stateful-replaced", severity, title, *values(change))
        # Nearly every setting may replace an instance, but no data is lost with one of a cluster.
        case "may_replace" if severity > Severity.MEDIUM:
            title = f"the {noun} may be replaced by {anew}, because of {reasons(comparison, change)}"
            yield pair.finding("stateful-may-be-replaced", less, title, *values(change))
        case "remove":
            title = f"the {noun} is removed: it {fate(pair.before, 'DeletionPolicy')}"
            yield pair.finding("stateful-removed", severity, title, pair.old)
        case "orphan":
            title = f"the {noun} is no longer in the template: it stays, but nothing manages it any longer"
            yield pair.finding("stateful-orphaned", less, title, pair.old)
        case _:
            pass


def kind(pair: Pair) -> Kind:
    """Return what a stateful resource is."""
    member = pair.kind == "AWS::RDS::DBInstance" and "DBClusterIdentifier" in pair.old
    return MEMBER if member else HOLDS[pair.kind]


def reasons(comparison: Comparison, change: Change) -> str:
    """Return the properties that cause a replacement, with what else is replaced if that is why; or the type."""
    template = comparison.head.templates[change.stage, change.stack]
    return (
        ", ".join(
            one.name
            + (f" (of {', '.join(map(template.where, one.replaced))}, which is replaced)" if one.replaced else "")
            for one in causes(change)
        )
        or "another type"
    )


def causes(change: Change) -> list[PropertyChange]:
    """Return the properties that cause a replacement."""
    return [one for one in change.properties if one.causes_replacement != "never"]


def values(change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what causes a replacement, before and after."""
    changed = [*causes(change), *(one for one in change.attributes if one.name == "Type")]
    return {one.name: one.before for one in changed}, {one.name: one.after for one in changed}
