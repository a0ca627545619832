"""What is reached into of MiniStack 1.5.33 for receiving mail; `ministack` has what all share."""

# pyright: reportMissingTypeStubs=false, reportPrivateUsage=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from http import HTTPStatus
from typing import cast
from xml.etree import ElementTree as ET

from ministack.services import ses
from ministack.services.cloudformation import provisioners

from local.emulator.ministack import Json, Response

MAX_NAME = 64
"""Characters of a rule's or rule set's name: "ReceiptRule", SES API."""


def generated_name(stack_name: str, logical_id: str) -> str:
    """Return the name of a rule or rule set to which a template gives none, the same one at every call."""
    return str(provisioners._physical_name(stack_name, logical_id, max_len=MAX_NAME))


# Receipt rules


def create_rule_set(name: str) -> None:
    """Create a receipt rule set as CreateReceiptRuleSet does."""
    _checked(ses._create_receipt_rule_set({"RuleSetName": name}))


def delete_rule_set(name: str) -> None:
    """Delete a receipt rule set and its rules as DeleteReceiptRuleSet does, which refuses that to the active one."""
    _checked(ses._delete_receipt_rule_set({"RuleSetName": name}))


def create_rule(rule_set: str, rule: Json, *, after: str) -> None:
    """Create a receipt rule as CreateReceiptRule does: behind the one named `after`, or else before all others."""
    position = {"After": after} if after else {}
    _checked(ses._create_receipt_rule({"RuleSetName": rule_set, **_flat("Rule", rule), **position}))


def replace_rule(rule_set: str, rule: Json, *, after: str) -> None:
    """Put a receipt rule in the place of the one with its name; what the service refuses leaves that as it was."""
    rules = _rules(rule_set)
    before = list(rules)
    delete_rule(rule_set, rule["Name"])
    try:
        create_rule(rule_set, rule, after=after)
    except ValueError:
        rules[:] = before
        raise


def delete_rule(rule_set: str, name: str) -> None:
    """Delete a receipt rule, unless it or its set is gone."""
    rules = _rules(rule_set)
    rules[:] = [rule for rule in rules if rule["Name"] != name]


def _rules(rule_set: str) -> list[Json]:
    return cast("list[Json]", ses._receipt_rule_sets.get(rule_set, {}).get("Rules", []))


def _flat(name: str, value: object) -> dict[str, str]:
    """Write a value of a template as the parameters of a query: "ReceiptRule", SES API."""
    if isinstance(value, dict):
        parts = [(f"{name}.{key}", each) for key, each in value.items()]
    elif isinstance(value, list):
        parts = [(f"{name}.member.{number}", each) for number, each in enumerate(value, start=1)]
    else:
        return {name: str(value)}
    return {flat: text for key, each in parts for flat, text in _flat(key, each).items()}


def _checked(response: Response) -> None:
    """Take an answer; a refusal fails the deploy with the service's own words."""
    status, _, body = response
    if status >= HTTPStatus.BAD_REQUEST:
        error = ET.fromstring(body)  # noqa: S314 (MiniStack's own)
        raise ValueError(f"{error.findtext('.//{*}Code')}: {error.findtext('.//{*}Message')}")
