"""What receivers of mails are told about the domain, weaker than before: DMARC, SPF, DKIM."""

import re
from collections.abc import Iterator
from typing import Any

from review.model import Finding, Severity
from review.risks.comparison import Comparison, Pair
from review.risks.settings import Setting, down, fewer, left, off, weakened
from review.risks.values import listed, text

RECORD = "AWS::Route53::RecordSet"
WEAKER = "mail-authentication-weakened"
IDENTITY = "AWS::SES::EmailIdentity"
POLICIES = ("none", "quarantine", "reject")
REST = ("+", "?", "~", "-")
"""What SPF says of all other senders, weakest first (RFC 7208, section 4.6.2)."""

SETTINGS = [
    Setting(WEAKER, Severity.HIGH, IDENTITY, ["DkimAttributes", "SigningEnabled"], off(default=True),
            "mails are no longer signed"),
    Setting(WEAKER, Severity.MEDIUM, IDENTITY, ["DkimSigningAttributes", "NextSigningKeyLength"],
            left("RSA_2048_BIT"), "mails are signed with a shorter key"),
    Setting(WEAKER, Severity.MEDIUM, IDENTITY, ["MailFromAttributes", "BehaviorOnMxFailure"],
            left("REJECT_MESSAGE"), "mails may leave from a domain of SES's, for which SPF is not ours"),
    Setting("mail-scan-off", Severity.HIGH, "AWS::SES::ReceiptRule", ["Rule", "ScanEnabled"], off(),
            "received mails are no longer scanned for spam and viruses"),
    Setting("suppression-weakened", Severity.MEDIUM, "AWS::SES::ConfigurationSet",
            ["SuppressionOptions", "SuppressedReasons"], fewer,
            "mails go to addresses again that bounced or complained"),
]  # fmt: skip


def find(comparison: Comparison) -> Iterator[Finding]:
    """Find settings of SES and records of the zone that are weaker; a record that is gone is the weakest."""
    yield from weakened(comparison, SETTINGS)
    for pair in comparison.of(RECORD):
        yield from _record(comparison, pair)


def _record(comparison: Comparison, pair: Pair) -> Iterator[Finding]:
    old, new = (_said(properties) for properties in (pair.old, pair.new))
    for name, order, title in (
        ("dmarc", POLICIES, "receivers are asked for less when a mail is not the domain's own (DMARC)"),
        ("spf", REST, "receivers are told less firmly who else may send (SPF)"),
    ):
        before, after = old.get(name), new.get(name)
        weaker = before is not None and down(order, default=order[0])(before, after)
        if weaker and (pair.after or not _elsewhere(comparison, pair)):
            yield pair.finding(WEAKER, Severity.HIGH, title, _texts(pair.old), _texts(pair.new) or None)


def _elsewhere(comparison: Comparison, pair: Pair) -> bool:
    """Whether another resource has the record of one that is gone."""
    others = [other.new for other in comparison.pairs(pair.stage, pair.stack) if other.kind == RECORD and other.after]
    return any(
        all(other.get(key) == pair.old.get(key) for key in ("Name", "Type", "ResourceRecords")) for other in others
    )


def _said(properties: dict[str, Any]) -> dict[str, str]:
    """Return what the texts of a record say of DMARC and SPF."""
    found: dict[str, str] = {}
    for record in _texts(properties):
        dmarc = re.search(r"v=DMARC1;.*?\bp=(\w+)", record)
        spf = re.search(r"v=spf1 .*?([-+~?]?)all", record)
        found |= {"dmarc": dmarc[1]} if dmarc else {}
        found |= {"spf": spf[1] or "+"} if spf else {}
    return found


def _texts(properties: dict[str, Any]) -> list[str]:
    return [text(record) for record in listed(properties.get("ResourceRecords"))]
