"""What holds data or a name that others know, replaced or removed."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from review.model import Change, Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.policies import fate

HOLDS: Mapping[str, tuple[str, Severity]] = MappingProxyType(
    {
        "AWS::Cognito::UserPool": ("users", Severity.CRITICAL),
        "AWS::DynamoDB::GlobalTable": ("a table", Severity.CRITICAL),
        "AWS::DynamoDB::Table": ("a table", Severity.CRITICAL),
        "AWS::EFS::FileSystem": ("files", Severity.CRITICAL),
        "AWS::ElastiCache::CacheCluster": ("a cache", Severity.HIGH),
        "AWS::ElastiCache::ReplicationGroup": ("a cache", Severity.CRITICAL),
        "AWS::ElastiCache::ServerlessCache": ("a cache", Severity.CRITICAL),
        "AWS::KMS::Key": ("a key, without which nothing that it encrypted can be read", Severity.CRITICAL),
        "AWS::Kinesis::Stream": ("a stream", Severity.CRITICAL),
        "AWS::Logs::LogGroup": ("logs", Severity.HIGH),
        "AWS::RDS::DBCluster": ("a database", Severity.CRITICAL),
        "AWS::RDS::DBInstance": ("a database", Severity.CRITICAL),
        "AWS::Route53::HostedZone": ("a zone, whose name servers the parent zone names", Severity.CRITICAL),
        "AWS::S3::Bucket": ("a bucket", Severity.CRITICAL),
        "AWS::SecretsManager::Secret": ("a secret", Severity.CRITICAL),
        "AWS::SES::EmailIdentity": ("an identity, which mails are sent as", Severity.CRITICAL),
        "AWS::SQS::Queue": ("a queue", Severity.CRITICAL),
    }
)
"""What is stateful: what it is for a reader, and how bad it is to lose it."""


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find what the engine says will or may be replaced, and what is no longer in a template."""
    changes = {(change.stage, change.stack, change.logical_id): change for change in comparison.differences.changes}
    for pair in comparison.of(*HOLDS):
        change = changes.get((pair.stage, pair.stack, pair.logical_id))
        if change:
            yield from lost(pair, change)


def lost(pair: Pair, change: Change) -> Iterator[Finding]:
    """Yield what a change does to a stateful resource."""
    what, severity = weight(pair)
    match change.impact:
        case "replace":
            left = fate(pair.after, "UpdateReplacePolicy")
            title = f"{what} is replaced by an empty one, because of {reasons(change)}; the old one {left}"
            yield pair.finding("stateful-replaced", severity, title, pair.old, pair.new)
        case "may_replace":
            title = f"{what} may be replaced by an empty one, because of {reasons(change)}"
            yield pair.finding("stateful-may-be-replaced", min(severity, Severity.HIGH), title, pair.old, pair.new)
        case "remove":
            title = f"{what} is removed; it {fate(pair.before, 'DeletionPolicy')}"
            yield pair.finding("stateful-removed", severity, title, pair.old)
        case "orphan":
            title = f"{what} is no longer in the template: it stays, but nothing uses or changes it any longer"
            yield pair.finding("stateful-orphaned", min(severity, Severity.HIGH), title, pair.old)
        case _:
            pass


def weight(pair: Pair) -> tuple[str, Severity]:
    """Return what a stateful resource is, and how bad it is to lose it."""
    if pair.kind == "AWS::RDS::DBInstance" and "DBClusterIdentifier" in pair.old:
        # A cluster's data is in its volume, which its instances share.
        return "an instance of a database cluster", Severity.MEDIUM
    return HOLDS[pair.kind]


def reasons(change: Change) -> str:
    """Return the properties, or the type, that cause a replacement."""
    causes = [one.name for one in change.properties if one.causes_replacement != "never"]
    return ", ".join(causes) or "another type"
