"""Permissions that no statement of the template tells: managed policies, boundaries, users of the cache."""

from collections.abc import Iterator

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.grants import IDENTITIES
from review.risks.settings import Setting, dropped, weakened
from review.risks.values import at, few, listed, text

ADMINISTERS = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
CACHE_USER = "AWS::ElastiCache::User"

BOUNDARIES = [
    Setting(
        "iam-widened",
        Severity.HIGH,
        kind,
        ["PermissionsBoundary"],
        dropped,
        "no boundary limits permissions any longer",
    )
    for kind in sorted(IDENTITIES)
]


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find policies of AWS or of other stacks that are attached, boundaries dropped, commands of the cache allowed."""
    yield from weakened(comparison, BOUNDARIES)
    for pair in comparison.of(*IDENTITIES):
        yield from _attached(pair)
    for pair in comparison.of(CACHE_USER):
        yield from _commands(pair)


def _attached(pair: Pair) -> Iterator[Finding]:
    old, new = (listed(properties.get("ManagedPolicyArns")) for properties in (pair.old, pair.new))
    for arn in [one for one in new if one not in old]:
        severity = _weight(text(arn))
        # One of the template itself has its statements compared.
        if not at(arn, "Ref") and (pair.before or severity > Severity.MEDIUM):
            title = f"{pair.where} has another managed policy: {text(arn).rpartition('/')[2]}"
            yield pair.finding("iam-widened", severity, title, old, new)


def _weight(arn: str) -> Severity:
    if arn.endswith(ADMINISTERS):
        return Severity.CRITICAL
    return Severity.HIGH if arn.endswith("FullAccess") else Severity.MEDIUM


def _commands(pair: Pair) -> Iterator[Finding]:
    """What a user of the cache may do ("Specifying Permissions Using an Access String", ElastiCache)."""
    if not pair.stays:
        return
    old, new = (str(properties.get("AccessString", "")).split() for properties in (pair.old, pair.new))
    more = [
        word for word in new if word not in old and word.startswith(("+", "~", "&", "allkeys", "allcommands", "nopass"))
    ]
    less = [word for word in old if word not in new and word.startswith("-")]
    if more or less:
        title = f"the user of the cache may do more: {few([*more, *(f'no longer {word}' for word in less)])}"
        yield pair.finding(
            "cache-access-widened", Severity.MEDIUM, title, pair.old["AccessString"], pair.new.get("AccessString")
        )
