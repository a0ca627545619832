"""Who may send as whom, and who may put received mail into a bucket: the project's own rules for policies about SES."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, cast

from review.mail_stage import Resource, Stage
from review.model import Finding, Severity
from review.risks.values import at, listed, text

IAM = ("AWS::IAM::Group", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User")
SENDING = (
    "ses:sendbulkemail",
    "ses:sendbulktemplatedemail",
    "ses:sendcustomverificationemail",
    "ses:sendemail",
    "ses:sendrawemail",
    "ses:sendtemplatedemail",
)
SES = "ses.amazonaws.com"
LIMITING = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")
"""Operators that a value has to be there for: not those with IfExists, nor those that exclude."""
ACCOUNT = 4
"""Which part of an ARN is the account."""


def sender_policies(stage: Stage) -> Iterator[Finding]:
    """Who may send may send as the stage's domains alone.

    The identity as the resource does not say so: a domain's covers its subdomains ("Verified identities in Amazon
    SES"), and who may use several identities may mix them. Only `ses:FromAddress` does ("Identity and access
    management in Amazon SES").
    """
    domains = {text(identity.get("EmailIdentity")).lower() for identity in stage.domains}
    for policy in stage.all(*IAM):
        for statement in _statements(policy):
            senders = _values(statement, "ses:fromaddress")
            if _sends(statement) and not (senders and all(_within(sender, domains) for sender in senders)):
                whom = f"only as {', '.join(senders)}" if senders else "as anybody"
                known = ", ".join(sorted(domains)) or "a domain"
                title = f"A statement lets mail be sent {whom}, which is wider than {known}."
                yield policy.finding("ses-sender-wider-than-domain", Severity.HIGH, title, statement)


def receiving_buckets(stage: Stage) -> Iterator[Finding]:
    """SES puts mail into a bucket for one account ("Giving permissions to Amazon SES for email receiving")."""
    for policy in stage.all("AWS::S3::BucketPolicy"):
        for statement in _statements(policy):
            if _of_ses(statement) and not _for_an_account(statement):
                title = "SES may put mail into the bucket for any account: its statement names no source account."
                yield policy.finding("ses-receiving-bucket-without-source-account", Severity.HIGH, title, statement)


def _statements(policy: Resource) -> Iterator[Mapping[str, Any]]:
    """Yield what a resource's policies allow."""
    documents = [policy.get("PolicyDocument"), *(at(one, "PolicyDocument") for one in listed(policy.get("Policies")))]
    for document in documents:
        for statement in listed(at(document, "Statement")):
            if at(statement, "Effect") == "Allow":
                yield cast("Mapping[str, Any]", statement)


def _sends(statement: Mapping[str, Any]) -> bool:
    if "NotAction" in statement:
        return not all(_matches(statement["NotAction"], action) for action in SENDING)
    return any(_matches(statement.get("Action"), action) for action in SENDING)


def _matches(patterns: object, action: str) -> bool:
    return any(fnmatchcase(action, text(pattern).lower()) for pattern in listed(patterns))


def _within(sender: str, domains: set[str]) -> bool:
    """Whether a pattern of addresses stays in the domains; where none is known, in one domain."""
    domain = sender.lower().rpartition("@")[2] if "@" in sender else "*"
    return domain in domains if domains else "*" not in domain and "?" not in domain


def _of_ses(statement: Mapping[str, Any]) -> bool:
    services = [text(one) for one in listed(at(statement.get("Principal"), "Service"))]
    return SES in services and _matches(statement.get("Action"), "s3:putobject")


def _for_an_account(statement: Mapping[str, Any]) -> bool:
    accounts = _values(statement, "aws:sourceaccount")
    accounts += [[*arn.split(":"), *"*****"][ACCOUNT] for arn in _values(statement, "aws:sourcearn")]
    return any(account and "*" not in account and "?" not in account for account in accounts)


def _values(statement: Mapping[str, Any], key: str) -> list[str]:
    """Return what a statement's conditions limit a key to."""
    conditions = cast("Mapping[str, Any]", statement.get("Condition") or {})
    return [
        text(value)
        for operator, keys in conditions.items()
        if operator.removeprefix("ForAnyValue:") in LIMITING
        for name, values in cast("Mapping[str, Any]", keys).items()
        if name.lower() == key
        for value in listed(values)
    ]
