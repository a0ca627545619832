"""Edits of the project's mail, and what the rules for mail find then."""

from typing import Any

from review.mail_rules import findings
from review.model import Finding
from tests.review.pairs import Edit, bodies, changed, properties

Body = dict[str, Any]


def appeared(edit: Edit, *, stage: str = "prod", stack: str = "Mail") -> list[Finding]:
    """What an edit of one of the project's templates brings that was not there."""
    pair = changed(stack, edit, stage=stage)
    known = {finding.fingerprint for finding in findings(pair.base)}
    return [finding for finding in findings(pair.head) if finding.fingerprint not in known]


def alone(**resources: Body) -> list[Finding]:
    """What is found in a template with only these."""
    return findings(bodies({"Resources": {}}, {"Resources": resources}).head)


def setting(kind: str, **values: object) -> Edit:
    """An edit that sets properties of the project's resource of a kind."""
    return lambda body: properties(body, kind).update(values)


def record(name: str, **values: object) -> Edit:
    """An edit that sets properties of the record whose name contains a part."""
    return lambda body: _record(body, name).update(values)


def without_record(name: str) -> Edit:
    """An edit that removes the record whose name contains a part."""

    def edit(body: Body) -> None:
        gone = next(key for key, one in body["Resources"].items() if _is_record(one, name))
        del body["Resources"][gone]

    return edit


def _record(body: Body, name: str) -> Body:
    return next(one["Properties"] for one in body["Resources"].values() if _is_record(one, name))


def _is_record(resource: Body, name: str) -> bool:
    return resource["Type"] == "AWS::Route53::RecordSet" and name in str(resource["Properties"]["Name"])


def sending(**changed_to: object) -> Edit:
    """An edit of the statement by which the project's consumer sends; what is changed to nothing goes."""

    def edit(body: Body) -> None:
        (found,) = (
            statement
            for resource in body["Resources"].values()
            if resource["Type"] == "AWS::IAM::Policy"
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]
            if "ses:SendEmail" in statement["Action"]
        )
        found |= changed_to
        for key in [key for key, value in found.items() if value is None]:
            del found[key]

    return edit
