"""What is kept from being deleted by mistake, no longer kept so."""

from collections.abc import Iterator

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.policies import policy, strength
from review.risks.settings import Setting, off, weakened
from review.risks.stateful import HOLDS
from review.risks.values import Named, at, listed

POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
EMPTIES = {"Custom::S3AutoDeleteObjects", "Custom::ECRAutoDeleteImages"}

PROTECTIONS = [
    Setting("deletion-protection-off", Severity.HIGH, kind, path, off(), "the deletion protection is turned off")
    for kind, path in {
        "AWS::Cognito::UserPool": ["DeletionProtection"],
        "AWS::DynamoDB::Table": ["DeletionProtectionEnabled"],
        "AWS::ElasticLoadBalancingV2::LoadBalancer": ["LoadBalancerAttributes", Named("deletion_protection.enabled")],
        "AWS::Logs::LogGroup": ["DeletionProtectionEnabled"],
        "AWS::RDS::DBCluster": ["DeletionProtection"],
        "AWS::RDS::DBInstance": ["DeletionProtection"],
    }.items()
]


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find policies that keep less, protections turned off, and buckets that are emptied before they go."""
    yield from weakened(comparison, PROTECTIONS)
    for section in comparison.differences.sections:
        if (section.section, section.name) == ("Stack", "protected") and section.before and not section.after:
            yield Finding(
                rule="termination-protection-off",
                severity=Severity.HIGH,
                stage=section.stage,
                stack=section.stack,
                resource=section.stack,
                title="the stack's termination protection is turned off",
                source="risk",
                before=True,
                after=False,
            )
    for pair in comparison.changed:
        yield from _loosened(pair)
        yield from _emptied(pair)


def _loosened(pair: Pair) -> Iterator[Finding]:
    """A policy that keeps less; one is loose either way where the resource goes or another takes its place."""
    if not pair.stays:
        return
    loose = [name for name in POLICIES if strength(pair.after, name) < strength(pair.before, name)]
    if loose:
        yield pair.finding(
            "deletion-policy-loosened",
            Severity.HIGH if pair.kind in HOLDS else Severity.LOW,
            f"less is kept than before: {' and '.join(loose)}",
            {name: policy(pair.before, name) for name in loose},
            {name: policy(pair.after, name) for name in loose},
        )


def _emptied(pair: Pair) -> Iterator[Finding]:
    """A custom resource that deletes everything in a bucket, or in a repository, when it goes itself."""
    if pair.before is None and pair.kind in EMPTIES:
        name = at(pair.new, "BucketName") or at(pair.new, "RepositoryName")
        title = "everything in it is deleted when it leaves the template"
        yield pair.finding("emptied-on-removal", Severity.HIGH, title, None, listed(name))
