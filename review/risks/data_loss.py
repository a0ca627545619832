"""Settings that lose messages, items, backups or logs sooner than before."""

from collections.abc import Iterator
from typing import Any

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.settings import Setting, dropped, left, lowered, off, turned_on, weakened
from review.risks.values import at, listed, number, on, text

RETENTION, BACKUPS, EXPIRY, LETTERS, PARTIAL = (
    "retention-lowered",
    "backups-weakened",
    "expiry-added",
    "dead-letters-dropped",
    "failures-dropped",
)
HIGH, MEDIUM = Severity.HIGH, Severity.MEDIUM
QUEUE, TABLE, BUCKET, LOG = "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup"
CLUSTER, INSTANCE, CACHE = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::ElastiCache::ReplicationGroup"
FUNCTION, ASYNCHRONOUS = "AWS::Lambda::Function", "AWS::Lambda::EventInvokeConfig"
NOT_KEPT = "what fails is no longer kept in a dead-letter queue"
# "SetQueueAttributes", Amazon SQS API reference: four days, and 1 MiB.
QUEUE_RETENTION, QUEUE_BYTES = 345600, 1048576

SETTINGS = [
    Setting(rule, severity, kind, path, worse, title)
    for kind, rule, severity, path, worse, title in [
        (QUEUE, RETENTION, HIGH, ["MessageRetentionPeriod"], lowered(QUEUE_RETENTION), "messages are lost sooner"),
        (QUEUE, LETTERS, HIGH, ["RedrivePolicy"], dropped, NOT_KEPT),
        (QUEUE, LETTERS, HIGH, ["RedrivePolicy", "deadLetterTargetArn"], dropped, NOT_KEPT),
        (QUEUE, "receives-lowered", MEDIUM, ["RedrivePolicy", "maxReceiveCount"], lowered(),
         "messages are given up after fewer receives"),
        (QUEUE, "messages-refused", MEDIUM, ["MaximumMessageSize"], lowered(QUEUE_BYTES),
         "longer messages are refused"),
        (QUEUE, "deduplication-widened", HIGH, ["ContentBasedDeduplication"], turned_on(),
         "messages with the same body are dropped, whatever their attributes"),
        (QUEUE, "deduplication-widened", MEDIUM, ["DeduplicationScope"], left("messageGroup"),
         "messages are dropped for those of other groups"),
        ("AWS::SNS::Subscription", LETTERS, HIGH, ["RedrivePolicy"], dropped, NOT_KEPT),
        (FUNCTION, LETTERS, HIGH, ["DeadLetterConfig"], dropped, NOT_KEPT),
        (ASYNCHRONOUS, LETTERS, HIGH, ["DestinationConfig", "OnFailure"], dropped, NOT_KEPT),
        (ASYNCHRONOUS, "retries-lowered", MEDIUM, ["MaximumRetryAttempts"], lowered(2), "events are given up sooner"),
        ("AWS::Scheduler::Schedule", LETTERS, HIGH, ["Target", "DeadLetterConfig"], dropped, NOT_KEPT),
        (TABLE, BACKUPS, HIGH, ["PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"], off(),
         "the table cannot be restored to a point in time any longer"),
        (TABLE, BACKUPS, HIGH, ["PointInTimeRecoverySpecification", "RecoveryPeriodInDays"], lowered(35),
         "the table can be restored to fewer days"),
        (BUCKET, BACKUPS, HIGH, ["VersioningConfiguration", "Status"], left("Enabled"),
         "what is overwritten or deleted is gone: versions are no longer kept"),
        (BUCKET, BACKUPS, HIGH, ["ReplicationConfiguration"], dropped, "objects are no longer replicated"),
        (BUCKET, BACKUPS, HIGH, ["ObjectLockEnabled"], off(), "objects are no longer locked"),
        (LOG, RETENTION, HIGH, ["RetentionInDays"], lowered(), "logs are deleted sooner, those that are there too"),
        (CLUSTER, BACKUPS, HIGH, ["BackupRetentionPeriod"], lowered(1), "backups are deleted sooner"),
        (INSTANCE, BACKUPS, HIGH, ["BackupRetentionPeriod"], lowered(1), "backups are deleted sooner"),
        (CLUSTER, BACKUPS, HIGH, ["DeleteAutomatedBackups"], turned_on(default=True), "backups go with the cluster"),
        (CACHE, BACKUPS, HIGH, ["SnapshotRetentionLimit"], lowered(0), "snapshots are deleted sooner"),
        (CACHE, "redundancy-lowered", MEDIUM, ["AutomaticFailoverEnabled"], off(), "no replica takes over any longer"),
        (CACHE, "redundancy-lowered", MEDIUM, ["NumCacheClusters"], lowered(1), "there are fewer replicas"),
        ("AWS::ElastiCache::ParameterGroup", "eviction-added", HIGH, ["Properties", "maxmemory-policy"],
         left("noeviction"), "keys are dropped when memory is short, where a write failed before"),
    ]
]  # fmt: skip


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find what is lost sooner, resource by resource; what takes two of them is in queues.py."""
    yield from weakened(comparison, SETTINGS)
    for pair in comparison.of(TABLE):
        yield from _expiring_items(pair)
    for pair in comparison.of(BUCKET):
        yield from _expiring_objects(pair)
    for pair in comparison.of(FUNCTION):
        yield from _days(pair)


def _expiring_items(pair: Pair) -> Iterator[Finding]:
    """DynamoDB deletes by an attribute, from the moment that it is named: old items too."""
    if not pair.stays:
        return
    old, new = (
        at(expiry, "AttributeName") if on(at(expiry, "Enabled")) else None
        for expiry in (properties.get("TimeToLiveSpecification") for properties in (pair.old, pair.new))
    )
    if new is not None and new != old:
        yield pair.finding(EXPIRY, HIGH, f"items are deleted by their attribute {text(new)}", old, new)


EXPIRATIONS = ("ExpirationInDays", "NoncurrentVersionExpirationInDays")
NONCURRENT = ("NoncurrentVersionExpiration", "NoncurrentDays")


def _expiring_objects(pair: Pair) -> Iterator[Finding]:
    """A lifecycle that deletes what none deleted before, or deletes it sooner."""
    if not pair.stays:
        return
    old, new = (list(map(_expiry, _rules(properties))) for properties in (pair.old, pair.new))
    for rule, (scope, days) in zip(_rules(pair.new), new, strict=True):
        # A rule for everything, or for the same objects, that deletes them as soon as this one does.
        known = [before for where, before in old if where in ("null", scope)]
        for index, name in enumerate(("objects", "former versions")):
            if days[index] < min((before[index] for before in known), default=NEVER):
                title = f"{name} are deleted after {days[index]:.0f} days, sooner than before"
                yield pair.finding(EXPIRY, HIGH, title, _rules(pair.old), rule)


NEVER = float("inf")


def _rules(properties: dict[str, Any]) -> list[Any]:
    found = listed(at(properties, "LifecycleConfiguration", "Rules"))
    return [rule for rule in found if at(rule, "Status") == "Enabled"]


def _expiry(rule: object) -> tuple[str, tuple[float, float]]:
    """Return what a rule is about, and after how many days it deletes objects and former versions."""
    scope = [at(rule, key) for key in ("Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan")]
    days = [number(at(rule, "ExpirationInDays")), number(at(rule, EXPIRATIONS[1]) or at(rule, *NONCURRENT))]
    return ("null" if not any(scope) else text(scope)), (days[0] or NEVER, days[1] or NEVER)


def _days(pair: Pair) -> Iterator[Finding]:
    """A function that is told how many days it keeps something, and is told fewer."""
    if not pair.stays:
        return
    old, new = (_variables(properties) for properties in (pair.old, pair.new))
    for name in sorted(old.keys() & new.keys()):
        before, after = number(old[name]), number(new[name])
        if name.endswith("_DAYS") and before is not None and after is not None and after < before:
            yield pair.finding(
                RETENTION, MEDIUM, f"the function keeps records for fewer days: {name}", old[name], new[name]
            )


def _variables(properties: dict[str, Any]) -> dict[str, Any]:
    return at(properties, "Environment", "Variables") or {}
