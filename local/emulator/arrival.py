"""What SES does with mail that comes: by the rules of the active receipt rule set, in their order.

"Amazon SES email receiving concepts and use cases", Email-receiving process, and "Creating receipt rules console
walkthrough" (Amazon SES Developer Guide). All but the scan of a mail runs on the emulator's event loop.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from local.emulator import ministack, ministack_inbox, receipt, ses_access, verdicts
from local.emulator.account import Account
from local.emulator.receipt import Arrived

Json = dict[str, Any]
SUBJECT = "Amazon SES Email Receipt Notification"
DEFAULT_DMARC_POLICY = "none"

SETUP_ID = "AMAZON_SES_SETUP_NOTIFICATION"
SETUP = (
    "From: Amazon Web Services <no-reply-aws@amazon.com>\r\nTo: recipient@example.com\r\n"
    "Subject: Amazon SES Setup Notification\r\nContent-Type: text/plain\r\n\r\n"
    "Amazon SES can deliver mail to this bucket: a receipt rule that does so has been set up.\r\n"
)
"""The mail that SES delivers by each action of a rule that is made or changed, as receivers have recorded it."""

log = logging.getLogger("arrival")


class UnsupportedError(Exception):
    """An action that is not carried out here."""


def install() -> None:
    """Try the actions of every receipt rule that is made or changed."""
    ministack_inbox.wrap_rule_creation(_try)


def receivers(recipient: str) -> list[Json]:
    """Return the rules that take mail for an address, in their order: enabled ones, for a verified domain."""
    _, rules = ministack_inbox.active_rule_set()
    if not ministack_inbox.is_verified_domain(recipient.rpartition("@")[2]):
        return []
    return [rule for rule in rules if rule["Enabled"] and _is_for(rule, recipient)]


async def take(mail: Arrived, account: Account) -> None:
    """Carry out the rules that take this mail; AccessError if an action cannot be, and then none after it."""
    found = await asyncio.to_thread(verdicts.find, mail.source, account.verdicts)
    found["dmarc_policy"] = account.verdicts.get("dmarc_policy", DEFAULT_DMARC_POLICY)
    rule_set, _ = ministack_inbox.active_rule_set()
    added: list[tuple[str, str]] = []
    for rule, recipients in _matches(mail.recipients):
        source = ses_access.receipt_rule_arn(rule_set, rule["Name"])
        results = found if rule["ScanEnabled"] else found | verdicts.UNSCANNED
        work = Work(replace(mail, recipients=recipients), results, added, source)
        for action in rule["Actions"]:
            work.carry_out(action)
            if "StopAction" in action:
                return


class Work:
    """A mail in the hands of one rule."""

    def __init__(self, mail: Arrived, results: Json, added: list[tuple[str, str]], source: str) -> None:
        self._mail = mail
        self._results = results
        self._added = added
        self._source = source

    def carry_out(self, action: Json) -> None:
        """Do what one action says, and tell its topic, if it has one."""
        ((kind, properties),) = action.items()
        done = ACTIONS[kind](self, properties)
        if topic := properties.get("TopicArn"):
            notification = receipt.notification(
                self._mail,
                self._results,
                text=self._text(),
                action={"type": kind.removesuffix("Action"), "topicArn": topic, **done},
                recipients=self._mail.recipients,
            )
            ses_access.publish(topic, json.dumps(notification), subject=SUBJECT, source=self._source)

    def store(self, properties: Json) -> Json:
        """Write the mail to a bucket: "Deliver to S3 bucket action"."""
        prefix = properties.get("ObjectKeyPrefix", "")
        bucket, key = properties["BucketName"], f"{prefix}{self._mail.message_id}"
        ses_access.put(bucket, key, self._text(), source=self._source)
        return {"bucketName": bucket, "objectKeyPrefix": prefix, "objectKey": key}

    def add_header(self, properties: Json) -> Json:
        """Add a header for the actions that follow: "Add header action"."""
        self._added.append((properties["HeaderName"], properties["HeaderValue"]))
        return {}

    def stop(self, _properties: Json) -> Json:
        """Do nothing more."""
        return {}

    def _text(self) -> bytes:
        return receipt.stored(self._mail, self._results, self._added)


ACTIONS: dict[str, Callable[[Work, Json], Json]] = {
    "S3Action": Work.store,
    "AddHeaderAction": Work.add_header,
    "StopAction": Work.stop,
}


def _is_for(rule: Json, recipient: str) -> bool:
    """Tell whether a rule's conditions match an address; without any it is for all."""
    conditions: list[str] = rule.get("Recipients") or []
    return not conditions or any(_matches_condition(condition.lower(), recipient.lower()) for condition in conditions)


def _matches_condition(condition: str, recipient: str) -> bool:
    """Match an address, also with a label, all addresses of a domain, or after a dot all of its subdomains."""
    local, _, domain = recipient.rpartition("@")
    if condition.startswith("."):
        return domain.endswith(condition)
    if "@" not in condition:
        return domain == condition
    return condition in {recipient, f"{local.partition('+')[0]}@{domain}"}


def _matches(recipients: list[str]) -> Iterator[tuple[Json, list[str]]]:
    """Yield the rules of the active set that take mail for any of the recipients, each with those."""
    by_recipient = {recipient: receivers(recipient) for recipient in recipients}
    _, rules = ministack_inbox.active_rule_set()
    for rule in rules:
        if matched := [recipient for recipient, found in by_recipient.items() if rule in found]:
            yield rule, matched


def _try(rule_set: str, rule: Json) -> None:
    """Carry a rule's actions out for a mail of SES itself, and refuse a rule with one that cannot be."""
    source = ses_access.receipt_rule_arn(rule_set, rule["Name"])
    mail = Arrived(
        sender="no-reply-aws@amazon.com",
        recipients=["recipient@example.com"],
        source=SETUP.encode(),
        region=ministack.region(),
        client="127.0.0.1",
        helo="amazonses.com",
        message_id=SETUP_ID,
    )
    results = dict.fromkeys(verdicts.NAMES, "PASS") | {"dmarc_policy": DEFAULT_DMARC_POLICY}
    work = Work(mail, results, [], source)
    for action in rule["Actions"]:
        ((kind, properties),) = action.items()
        if kind not in ACTIONS or {"KmsKeyArn", "IamRoleArn"} & properties.keys():
            raise ValueError(
                f"InvalidParameterValue: {kind} with {', '.join(sorted(properties))} is not carried out by the embedded"
                f" cloud, only {', '.join(ACTIONS)} without KmsKeyArn and IamRoleArn"
            )
        try:
            work.carry_out(action)
        except ses_access.AccessError as reason:
            code = "InvalidS3Configuration: Could not write to bucket" if "s3:" in str(reason) else "InvalidSnsTopic"
            raise ValueError(f"{code}: {reason}") from None
