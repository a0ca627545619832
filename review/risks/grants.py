"""Where a template's statements are, and whom or what they are for."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from review.risks.statements import Statement, read
from review.risks.values import at, listed, on, target, text
from review.sides import Template

EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
ATTACHED = ("Roles", "Users", "Groups")
IDENTITIES = {"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"}


@dataclass(frozen=True)
class Holder:
    """Who may do what statements say, or what they let others do something to, or whom they let others become."""

    kind: str
    """`identity`, `resource` or `trust`."""
    name: str
    """A logical id, or a value of another stack as text."""


@dataclass(frozen=True)
class Grant:
    """One statement, for one holder."""

    holder: Holder
    logical_id: str
    """The resource that the statement is written in."""
    raw: Mapping[str, Any]
    statement: Statement


def grants(template: Template | None) -> list[Grant]:
    """Return each statement of a template, for each of its holders."""
    if template is None:
        return []
    return [
        Grant(holder, name, raw, read(raw))
        for name, resource in sorted(template.resources.items())
        for holder, document in _documents(template, name, resource)
        for raw in _statements(document)
    ]


def _documents(template: Template, name: str, resource: dict[str, Any]) -> Iterator[tuple[Holder, Any]]:
    """Yield the policy documents of a resource with their holders."""
    kind = resource["Type"]
    properties: dict[str, Any] = resource.get("Properties") or {}
    if kind in IDENTITIES:
        yield Holder("trust", name), properties.get("AssumeRolePolicyDocument")
        for policy in listed(properties.get("Policies")):
            yield Holder("identity", name), at(policy, "PolicyDocument")
    elif kind.startswith("AWS::IAM::"):
        for holder in _attached(template, name, properties):
            yield holder, properties.get("PolicyDocument")
    elif kind in ELSEWHERE:
        key, document = ELSEWHERE[kind]
        for one in listed(properties.get(key)) if key else [{"Ref": name}]:
            yield Holder("resource", target(one)), document(properties)
    else:
        yield from ((Holder("resource", name), document) for document in _any(properties))


def _attached(template: Template, name: str, properties: dict[str, Any]) -> Iterator[Holder]:
    """Yield who a policy is attached to, from its side or from theirs; one of nobody stands for whom it is made for."""
    named = [
        target(one) for key in ("RoleName", "UserName", "GroupName", *ATTACHED) for one in listed(properties.get(key))
    ]
    holding = [
        other
        for other, resource in sorted(template.resources.items())
        if resource["Type"] in IDENTITIES
        and name in map(target, listed(at(resource, "Properties", "ManagedPolicyArns")))
    ]
    for one in [*named, *holding] or [name]:
        yield Holder("identity", one)


def _any(properties: object) -> Iterator[Any]:
    """Yield whatever looks like a policy document, wherever it is, even where it is written as text."""
    if isinstance(properties, Mapping):
        found = cast("Mapping[str, Any]", properties)
        if "Statement" in found:
            yield found
        for key, value in found.items():
            yield from _written(value) if key.endswith(("PolicyDocument", "PolicyText")) else _any(value)
    if isinstance(properties, list):
        for value in cast("list[Any]", properties):
            yield from _any(value)


def _written(value: object) -> Iterator[Any]:
    document = _parsed(text(value)) if "Statement" not in cast("Mapping[str, Any]", value or {}) else value
    yield from _any(document)


def _parsed(document: str) -> object:
    try:
        return json.loads(document)
    except ValueError:
        return None


def _statements(document: object) -> Iterator[Mapping[str, Any]]:
    for statement in listed(at(document, "Statement")):
        # One that depends on a condition of the template may be either.
        either = listed(at(statement, "Fn::If"))[1:] or [statement]
        yield from (one for one in either if at(one, "Effect"))


def _endpoint(properties: dict[str, Any]) -> object:
    """One without a policy lets everything through ("Control access to VPC endpoints using endpoint policies")."""
    return properties.get("PolicyDocument") or {"Statement": [EVERYTHING]}


def _permission(properties: dict[str, Any]) -> object:
    """What Lambda makes of a permission: a statement of the function's policy ("AddPermission", AWS Lambda API)."""
    principal = text(properties.get("Principal"))
    of_aws = principal == "*" or not principal.endswith(".amazonaws.com")
    conditions = {
        "StringEquals": {
            key: properties[name]
            for key, name in (
                ("aws:SourceAccount", "SourceAccount"),
                ("aws:PrincipalOrgID", "PrincipalOrgID"),
                ("lambda:EventSourceToken", "EventSourceToken"),
                ("lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
            )
            if name in properties
        },
        "ArnLike": {"aws:SourceArn": properties["SourceArn"]} if "SourceArn" in properties else {},
        "Bool": {"lambda:InvokedViaFunctionUrl": True} if on(properties.get("InvokedViaFunctionUrl")) else {},
    }
    return {
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS" if of_aws else "Service": principal},
            "Action": properties.get("Action"),
            "Resource": "*",
            "Condition": {operator: keys for operator, keys in conditions.items() if keys},
        }
    }


def _policy_document(properties: dict[str, Any]) -> object:
    return properties.get("PolicyDocument")


ELSEWHERE: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "AWS::EC2::VPCEndpoint": ("", _endpoint),
    "AWS::Lambda::Permission": ("FunctionName", _permission),
    "AWS::S3::BucketPolicy": ("Bucket", _policy_document),
    "AWS::SNS::TopicInlinePolicy": ("TopicArn", _policy_document),
    "AWS::SNS::TopicPolicy": ("Topics", _policy_document),
    "AWS::SQS::QueueInlinePolicy": ("Queue", _policy_document),
    "AWS::SQS::QueuePolicy": ("Queues", _policy_document),
}
"""Policies of resources that stand beside them: the property that names what they are for, and the document."""
