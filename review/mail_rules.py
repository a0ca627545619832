"""The project's own rules for mail by SES, of which no public pack has any.

They are about what receivers judge a sender by (DKIM, DMARC, the MAIL FROM domain), what keeps an account's reputation
(suppression, events), and who may send and put mail in.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from review.mail_permissions import receiving_buckets, sender_policies
from review.mail_stage import Resource, Stage, stages
from review.model import Finding, Severity
from review.risks.values import listed, on, target, text
from review.sides import Side

TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*?)\s*(?:;|$)")
DKIM_TOKENS = (1, 2, 3)
REPUTATION = ("BOUNCE", "COMPLAINT")
"""What must not be sent to again, and must be heard of."""


def findings(side: Side) -> list[Finding]:
    """Return what the rules find in each stage."""
    return [finding for stage in stages(side) for rule in RULES for finding in rule(stage)]


def _dkim(stage: Stage) -> Iterator[Finding]:
    """Signing is on, and the three records are there that receivers find the keys by ("Easy DKIM in Amazon SES")."""
    for identity in stage.domains:
        domain = text(identity.get("EmailIdentity"))
        if text(identity.get("DkimAttributes", "SigningEnabled")).lower() == "false":
            title = f"Mail from {domain} is not signed with DKIM, so that receivers cannot tell it from forged mail."
            yield identity.finding("ses-identity-without-dkim", Severity.HIGH, title, identity.get("DkimAttributes"))
        elif not identity.get("DkimSigningAttributes", "DomainSigningSelector"):
            names = {record.name for record in stage.records if record.kind == "CNAME"}
            needed = {f"${{{identity.logical_id}.DkimDNSTokenName{number}}}" for number in DKIM_TOKENS}
            if not needed <= names:
                title = f"The three records are not all there that receivers find the DKIM keys of {domain} by."
                yield identity.finding("ses-identity-without-dkim", Severity.HIGH, title)


def _dmarc(stage: Stage) -> Iterator[Finding]:
    """A policy is there, at the domain or one above it, and asks for something (RFC 7489)."""
    for identity in stage.domains:
        domain = text(identity.get("EmailIdentity"))
        policies = _policies(stage, domain)
        if len(policies) != 1:
            why = "no DMARC record" if not policies else "more than one DMARC record, which counts as none"
            title = f"There is {why} for {domain}, so that receivers do as they like with mail that others forge."
            yield identity.finding("ses-dmarc-missing", Severity.HIGH, title, policies or None)
        elif _weakest(policies[0]) == "none":
            title = f"The DMARC record of {domain} asks for nothing: receivers deliver what others forge."
            yield identity.finding("ses-dmarc-asks-for-nothing", Severity.MEDIUM, title, policies[0])


def _policies(stage: Stage, domain: str) -> list[str]:
    """Return the DMARC records that hold for a domain: its own, else those of the nearest domain above."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        values = stage.values("TXT", f"_dmarc.{'.'.join(labels[start:])}")
        found = [value for value in values if dict(TAG.findall(value)).get("v") == "DMARC1"]
        if found:
            return found
    return []


def _weakest(policy: str) -> str:
    """Return what a DMARC record asks for where it asks for least: of the domain or of those below it."""
    tags = dict(TAG.findall(policy))
    return "none" if "none" in (tags.get("p", "none"), tags.get("sp", "")) else "something"


def _mail_from(stage: Stage) -> Iterator[Finding]:
    """Bounces return to a domain of our own, so that SPF is ours ("Using a custom MAIL FROM domain")."""
    for identity in stage.domains:
        domain = text(identity.get("EmailIdentity"))
        mail_from = identity.get("MailFromAttributes", "MailFromDomain")
        if not mail_from:
            title = f"Mail from {domain} has no MAIL FROM domain of its own, so that SPF does not speak for it."
            yield identity.finding("ses-mail-from-missing", Severity.MEDIUM, title)
            continue
        exchangers = stage.values("MX", text(mail_from))
        senders = stage.values("TXT", text(mail_from))
        if not any("feedback-smtp." in value for value in exchangers):
            title = f"MAIL FROM domain {text(mail_from)} has no MX record of SES, so that it is not used."
            yield identity.finding("ses-mail-from-missing", Severity.MEDIUM, title)
        if not any(value.startswith("v=spf1") and "include:amazonses.com" in value for value in senders):
            title = f"MAIL FROM domain {text(mail_from)} has no SPF record that lets SES send."
            yield identity.finding("ses-mail-from-missing", Severity.MEDIUM, title)


def _configuration_sets(stage: Stage) -> Iterator[Finding]:
    for configuration_set in stage.all("AWS::SES::ConfigurationSet"):
        if configuration_set.get("DeliveryOptions", "TlsPolicy") != "REQUIRE":
            title = "Mail is delivered without TLS to servers that do not offer it."
            options = configuration_set.get("DeliveryOptions")
            yield configuration_set.finding("ses-configuration-set-without-tls", Severity.HIGH, title, options)
        reasons = listed(configuration_set.get("SuppressionOptions", "SuppressedReasons"))
        if not {*REPUTATION} <= {*reasons}:
            title = "Only the account's own list, if any, keeps mail from addresses that have bounced or complained."
            options = configuration_set.get("SuppressionOptions")
            yield configuration_set.finding("ses-configuration-set-without-suppression", Severity.HIGH, title, options)
        missing = {*REPUTATION} - _heard_of(stage, configuration_set)
        if missing:
            title = f"No event destination hears of {' or '.join(sorted(missing)).lower()} events."
            yield configuration_set.finding("ses-configuration-set-without-events", Severity.MEDIUM, title)


def _heard_of(stage: Stage, configuration_set: Resource) -> set[str]:
    """Return the kinds of events that a destination of a configuration set takes."""
    names = {configuration_set.logical_id, text(configuration_set.get("Name"))}
    return {
        str(kind).upper()
        for destination in stage.all("AWS::SES::ConfigurationSetEventDestination")
        if target(destination.get("ConfigurationSetName")) in names
        and on(destination.get("EventDestination", "Enabled"))
        for kind in listed(destination.get("EventDestination", "MatchingEventTypes"))
    }


def _receipt_rules(stage: Stage) -> Iterator[Finding]:
    for rule in stage.all("AWS::SES::ReceiptRule"):
        if not on(rule.get("Rule", "Enabled")):
            continue
        if not on(rule.get("Rule", "ScanEnabled")):
            title = "Received mail is not scanned for spam and viruses."
            yield rule.finding("ses-receiving-without-scan", Severity.HIGH, title, rule.get("Rule", "ScanEnabled"))
        if rule.get("Rule", "TlsPolicy") != "Require":
            title = "Mail is received from servers that do not use TLS."
            yield rule.finding("ses-receiving-without-tls", Severity.HIGH, title, rule.get("Rule", "TlsPolicy"))


RULES: tuple[Callable[[Stage], Iterable[Finding]], ...] = (
    _dkim,
    _dmarc,
    _mail_from,
    _configuration_sets,
    sender_policies,
    _receipt_rules,
    receiving_buckets,
)
