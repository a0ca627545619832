"""Receipt rule sets and rules in CloudFormation; the API of SES checks and keeps them as those made by call."""

from local.emulator import ministack, ministack_inbox
from local.emulator.cloudformation import Made
from local.emulator.ministack import Json


def install() -> None:
    """Add the two types; what the API refuses fails the deploy."""
    ministack.add_resource_type(
        "AWS::SES::ReceiptRuleSet",
        create=_create_rule_set,
        update=_update_rule_set,
        update_with_logical_id=True,
        delete=_delete_rule_set,
    )
    ministack.add_resource_type(
        "AWS::SES::ReceiptRule",
        create=_create_rule,
        update=_update_rule,
        update_with_logical_id=True,
        delete=_delete_rule,
    )


def _create_rule_set(logical_id: str, properties: Json, stack_name: str) -> Made:
    name = properties.get("RuleSetName") or ministack_inbox.generated_name(stack_name, logical_id)
    ministack_inbox.create_rule_set(name)
    return name, {}


def _update_rule_set(name: str, _old: Json, new: Json, stack_name: str, logical_id: str) -> Made:
    """Make a set with another name anew, after which the old one is deleted; there is nothing else to change."""
    if new.get("RuleSetName", name) == name:
        return name, {}
    return _create_rule_set(logical_id, new, stack_name)


def _delete_rule_set(name: str, _properties: Json) -> None:
    ministack_inbox.delete_rule_set(name)


def _create_rule(logical_id: str, properties: Json, stack_name: str) -> Made:
    """Ref gives the rule's name: "AWS::SES::ReceiptRule" (AWS CloudFormation Template Reference)."""
    name = properties["Rule"].get("Name") or ministack_inbox.generated_name(stack_name, logical_id)
    rule = properties["Rule"] | {"Name": name}
    ministack_inbox.create_rule(properties["RuleSetName"], rule, after=properties.get("After", ""))
    return name, {}


def _update_rule(name: str, old: Json, new: Json, stack_name: str, logical_id: str) -> Made:
    """Change a rule; one with another name, or in another set, is made anew and the old one deleted."""
    renamed = new["Rule"].get("Name", name) != name
    moved = new["RuleSetName"] != old["RuleSetName"]
    if not renamed and not moved:
        ministack_inbox.replace_rule(new["RuleSetName"], new["Rule"] | {"Name": name}, after=new.get("After", ""))
        return name, {}
    made = _create_rule(logical_id, new, stack_name)
    if moved:  # a rule that keeps its name is not seen to be another
        ministack_inbox.delete_rule(old["RuleSetName"], name)
    return made


def _delete_rule(name: str, properties: Json) -> None:
    ministack_inbox.delete_rule(properties["RuleSetName"], name)
