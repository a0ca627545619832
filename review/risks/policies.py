"""What CloudFormation does with a resource that goes: DeletionPolicy and UpdateReplacePolicy, with their defaults."""

from typing import Any

from review.risks.values import at

# Better kept first. RetainExceptOnCreate deletes only what a failed deploy has just made.
STRENGTH = {"Retain": 2, "RetainExceptOnCreate": 2, "Snapshot": 1, "Delete": 0}
SAID = {2: "stays, unused", 1: "is deleted, a snapshot stays", 0: "is deleted with what it holds"}


def policy(resource: dict[str, Any] | None, attribute: str) -> str:
    """Return a policy of a resource.

    The default is Delete, but Snapshot for a database cluster, and for an instance that is in none ("DeletionPolicy
    attribute", AWS CloudFormation template reference).
    """
    kind = at(resource, "Type")
    alone = kind == "AWS::RDS::DBInstance" and not at(resource, "Properties", "DBClusterIdentifier")
    default = "Snapshot" if attribute == "DeletionPolicy" and (kind == "AWS::RDS::DBCluster" or alone) else "Delete"
    return str(at(resource, attribute) or default)


def strength(resource: dict[str, Any] | None, attribute: str) -> int:
    """Return how much of a resource its policy keeps; later is more."""
    return STRENGTH.get(policy(resource, attribute), 0)


def fate(resource: dict[str, Any] | None, attribute: str) -> str:
    """Say what becomes of a resource that goes."""
    return SAID[strength(resource, attribute)]
