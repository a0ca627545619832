"""Receipt rule sets and rules that a template makes, as the API of SES shows them."""

from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from tests.cloud_parts import delete_stack, put_stack
from tests.waiting import wait_until

Json = dict[str, Any]
STOP: Json = {"StopAction": {"Scope": "RuleSet"}}


def rule(*, after: str = "", rule_set: object = None, **properties: Any) -> Json:
    """A rule of a template; without actions that reach anything."""
    whole = {"Enabled": True, "Actions": [STOP]} | properties
    place = {"After": {"Ref": after}} if after else {}
    return {
        "Type": "AWS::SES::ReceiptRule",
        "Properties": {"RuleSetName": rule_set or {"Ref": "Set"}, "Rule": whole, **place},
    }


def template(**resources: Json) -> Json:
    """A stack with a rule set and these resources, whose names are its outputs."""
    all_resources = {"Set": {"Type": "AWS::SES::ReceiptRuleSet"}} | resources
    return {"Resources": all_resources, "Outputs": {name: {"Value": {"Ref": name}} for name in all_resources}}


def rules(cloud: Cloud, rule_set: str) -> list[Json]:
    """A rule set's rules in their order."""
    return cloud.client("ses").describe_receipt_rule_set(RuleSetName=rule_set)["Rules"]


def names(cloud: Cloud, rule_set: str) -> list[str]:
    """Their names."""
    return [each["Name"] for each in rules(cloud, rule_set)]


def test_a_rule_comes_after_the_one_it_names_and_otherwise_first(cloud: Cloud, name: str) -> None:
    made = put_stack(cloud, "create", name, template(First=rule(), Third=rule(after="First")))
    assert names(cloud, made["Set"]) == [made["First"], made["Third"]]
    more = template(First=rule(), Second=rule(after="First"), Third=rule(after="Second"), Zero=rule(Name=f"{name}-0"))
    made = put_stack(cloud, "update", name, more)
    assert names(cloud, made["Set"]) == [made[each] for each in ("Zero", "First", "Second", "Third")]


def test_a_rule_keeps_all_that_the_template_says(cloud: Cloud, name: str) -> None:
    actions = [{"AddHeaderAction": {"HeaderName": "X-Seen", "HeaderValue": "yes"}}, STOP]
    properties: Json = {
        "Name": name,
        "Enabled": True,
        "ScanEnabled": True,
        "TlsPolicy": "Require",
        "Recipients": [".example.com", "one@example.com"],
        "Actions": actions,
    }
    made = put_stack(cloud, "create", name, template(Rule=rule(**properties)))
    assert made["Rule"] == name
    assert rules(cloud, made["Set"]) == [properties]


def test_a_changed_rule_keeps_its_name_and_its_place(cloud: Cloud, name: str) -> None:
    made = put_stack(cloud, "create", name, template(First=rule(), Second=rule(after="First")))
    changed = put_stack(cloud, "update", name, template(First=rule(), Second=rule(after="First", Enabled=False)))
    assert changed == made
    assert [each["Enabled"] for each in rules(cloud, made["Set"])] == [True, False]


@pytest.mark.parametrize("sets", [("a", "a"), ("a", "b")], ids=["renamed", "moved"])
def test_a_rule_that_is_renamed_or_moved_is_made_anew_and_the_old_one_deleted(
    cloud: Cloud, name: str, sets: tuple[str, str]
) -> None:
    others = {
        each: {"Type": "AWS::SES::ReceiptRuleSet", "Properties": {"RuleSetName": f"{name}-{each}"}} for each in "ab"
    }
    new_name = f"{name}-new" if sets[0] == sets[1] else name
    for verb, rule_set, rule_name in (("create", sets[0], name), ("update", sets[1], new_name)):
        the_rule = rule(rule_set={"Ref": rule_set}, Name=rule_name)
        put_stack(cloud, verb, name, template(Rule=the_rule, **others))
    found = {each: names(cloud, f"{name}-{each}") for each in "ab"}
    assert found == {"a": [], "b": []} | {sets[1]: [new_name]}


def test_a_change_that_ses_refuses_leaves_the_rule_as_it_was(cloud: Cloud, name: str) -> None:
    made = put_stack(cloud, "create", name, template(Rule=rule()))
    with pytest.raises(AssertionError, match="Invalid recipient"):
        put_stack(cloud, "update", name, template(Rule=rule(Recipients=["not a domain"])))
    assert "Recipients" not in rules(cloud, made["Set"])[0]


def test_a_deleted_stack_leaves_no_rule_set_behind_and_an_active_one_is_not_deleted(cloud: Cloud, name: str) -> None:
    ses, cloudformation = cloud.client("ses"), cloud.client("cloudformation")
    made = put_stack(cloud, "create", name, template(Rule=rule()))
    ses.set_active_receipt_rule_set(RuleSetName=made["Set"])
    cloudformation.delete_stack(StackName=name)
    wait_until(lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "DELETE_FAILED")
    ses.set_active_receipt_rule_set()
    delete_stack(cloud, name)
    assert made["Set"] not in [each["Name"] for each in ses.list_receipt_rule_sets()["RuleSets"]]


def test_a_stack_can_be_made_again_under_its_name(cloud: Cloud) -> None:
    name = f"again-{uuid4().hex[:8]}"
    for _ in range(2):
        put_stack(cloud, "create", name, template(Rule=rule()))
        delete_stack(cloud, name)
