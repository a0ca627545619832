import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from review.command import ReviewError
from review.engine import Engine
from review.model import SectionChange
from review.sides import Side
from review.values import references
from tests.review.pairs import bodies, changed, edited, named, pair_of, project, properties

A, B = "a" * 64, "b" * 64


def resources(**all_of_them: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": all_of_them}


def queue(**values: object) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": values}


def test_the_same_templates_do_not_differ() -> None:
    side = project()
    assert pair_of(side, side).differences.changes == ()


def test_a_changed_value_is_an_update_with_both_values() -> None:
    pair = changed("Mail", lambda body: properties(body, "SQS::Queue").update(MessageRetentionPeriod=60))
    change = pair.only
    assert change.impact == "update"
    assert change.path.startswith("Mail/")
    assert not change.path.endswith("/Resource")
    (property_,) = change.properties
    assert (property_.name, property_.after, property_.causes_replacement) == ("MessageRetentionPeriod", 60, "never")
    assert property_.before not in (None, 60)
    assert not change.asset_only


def test_a_change_of_a_name_replaces() -> None:
    pair = changed("Mail", lambda body: properties(body, "SES::EmailIdentity").update(EmailIdentity="x.test"))
    (identity,) = (name for name in pair.differences.of("dev", "Mail") if "Identity" in name)
    change = pair.differences.of("dev", "Mail")[identity]
    assert change.impact == "replace"
    assert change.properties[0].causes_replacement == "will"


def test_what_refers_to_a_replaced_resource_is_replaced_for_that_reason() -> None:
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]}},
    }
    change = bodies(*(resources(Q=queue(FifoQueue=fifo), M=mapping) for fifo in (False, True))).differences.changes[0]
    assert (change.logical_id, change.impact) == ("M", "replace")
    (property_,) = change.properties
    assert property_.replaced == ("Q",)
    assert property_.before == property_.after == {"Fn::GetAtt": ["Q", "Arn"]}


@pytest.mark.parametrize(
    ("policy", "impact"), [("Delete", "remove"), ("Retain", "orphan"), ("RetainExceptOnCreate", "orphan")]
)
def test_a_removed_resource_is_deleted_or_left_by_its_policy(policy: str, impact: str) -> None:
    before = resources(Q={**queue(DelaySeconds=1), "DeletionPolicy": policy})
    change = bodies(before, resources()).only
    assert change.impact == impact
    assert [(one.name, one.before, one.after) for one in change.properties] == [("DelaySeconds", 1, None)]


def test_a_new_resource_shows_its_properties() -> None:
    change = bodies(resources(), resources(Q=queue(DelaySeconds=1))).only
    assert (change.impact, change.resource_type) == ("create", "AWS::SQS::Queue")
    assert [(one.name, one.before, one.after) for one in change.properties] == [("DelaySeconds", None, 1)]


def test_another_type_is_a_replacement_that_says_so() -> None:
    change = bodies(resources(Q=queue()), resources(Q={"Type": "AWS::SNS::Topic"})).only
    assert change.impact == "replace"
    assert [(one.name, one.before, one.after) for one in change.attributes] == [
        ("Type", "AWS::SQS::Queue", "AWS::SNS::Topic")
    ]


def test_an_attribute_is_told_from_a_property() -> None:
    def edit(body: dict[str, Any]) -> None:
        body["Resources"][named(body, "SQS::Queue")]["DeletionPolicy"] = "Retain"

    change = changed("Mail", edit).only
    assert change.impact == "update"
    assert [one.name for one in change.attributes] == ["DeletionPolicy"]
    assert change.properties == ()


def test_metadata_alone_changes_nothing() -> None:
    change = bodies(
        resources(Q=queue()), resources(Q={**queue(), "Metadata": {"aws:cdk:path": "Mail/Q/Resource"}})
    ).only
    assert (change.impact, change.path) == ("none", "Mail/Q")


def test_properties_of_custom_resources_are_updates_though_the_engine_does_not_know_them() -> None:
    sides = (resources(C={"Type": "Custom::Rules", "Properties": {"Rules": rules}}) for rules in ("a", "b"))
    assert bodies(*sides).only.impact == "update"


def test_the_hash_of_code_alone_is_told_from_other_changes() -> None:
    def function(code: str, **others: object) -> dict[str, Any]:
        return {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": f"{code}.zip"}, **others}}

    assert bodies(resources(F=function(A)), resources(F=function(B))).only.asset_only
    assert not bodies(resources(F=function(A)), resources(F=function(B, Timeout=3))).only.asset_only
    kept = {**function(B), "DeletionPolicy": "Retain"}
    assert not bodies(resources(F=function(A)), resources(F=kept)).only.asset_only
    assert not bodies(resources(F=function(A)), resources()).only.asset_only


def test_the_order_of_dependencies_is_no_difference() -> None:
    sides = (resources(Q={**queue(), "DependsOn": names}) for names in (["A", "B"], ["B", "A"]))
    assert bodies(*sides).differences.changes == ()


def test_statements_are_data() -> None:
    def edit(body: dict[str, Any]) -> None:
        properties(body, "IAM::Policy")["PolicyDocument"]["Statement"][0]["Action"] = "s3:GetObject"

    added, removed = sorted(changed("Mail", edit).differences.permissions, key=lambda one: not one.added)
    assert (added.kind, added.added, removed.added) == ("statement", True, False)
    assert added.value["value"]["actions"]["values"] == ["s3:GetObject"]


def test_rules_of_security_groups_are_data() -> None:
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x"}}
    opened = {**group, "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [
        {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}]}}  # fmt: skip
    (rule,) = bodies(resources(G=group), resources(G=opened)).differences.permissions
    assert (rule.kind, rule.added, rule.value["peer"]["ip"]) == ("ingress", True, "0.0.0.0/0")


def test_outputs_and_descriptions_are_sections() -> None:
    before = {"Description": "old", "Outputs": {"A": {"Value": 1}}}
    after = {"Description": "new", "Outputs": {"B": {"Value": 1}}}
    assert [(one.section, one.name, one.before, one.after) for one in bodies(before, after).differences.sections] == [
        ("Description", "", "old", "new"),
        ("Outputs", "A", {"Value": 1}, None),
        ("Outputs", "B", None, {"Value": 1}),
    ]


def test_a_stack_that_moves_or_loses_its_protection_differs() -> None:
    base = project("prod")
    template = base.templates["prod", "Data"]
    moved = replace(template, region="eu-west-1", protected=False)
    head = Side({**base.templates, ("prod", "Data"): moved})
    found = {(one.section, one.name): (one.before, one.after) for one in pair_of(base, head).differences.sections}
    assert found == {("Stack", "region"): ("ap-northeast-1", "eu-west-1"), ("Stack", "protected"): (True, False)}


def test_a_stack_that_goes_takes_its_resources_along() -> None:
    base = project()
    head = Side({key: template for key, template in base.templates.items() if key != ("dev", "Alarms")})
    changes = pair_of(base, head).differences.changes
    assert len(changes) == len(base.templates["dev", "Alarms"].resources)
    assert {change.stack for change in changes} == {"Alarms"}
    assert {change.impact for change in changes} <= {"remove", "orphan"}


def test_all_stacks_are_compared_in_one_go_and_sorted() -> None:
    edit = {stack: lambda body: body.update(Resources={}) for stack in ("Mail", "Alarms", "Data")}
    changes = edited(edit).differences.changes
    keys = [(change.stage, change.stack, change.logical_id) for change in changes]
    assert keys == sorted(keys)
    assert {change.stack for change in changes} == {"Mail", "Alarms", "Data"}


def test_the_sides_are_not_changed_by_comparing() -> None:
    base = project()
    before = json.dumps(base.templates["dev", "Mail"].body)
    changed("Mail", lambda body: properties(body, "SES::EmailIdentity").update(EmailIdentity="x.test"))
    assert json.dumps(base.templates["dev", "Mail"].body) == before


def test_hostile_text_survives_the_way_to_the_engine_and_back() -> None:
    text = "</script>\u2028\r\n\x1b[31m|`@all\ud83d"
    sections = bodies({}, {"Description": text.encode("utf-8", "replace").decode()}).differences.sections
    assert isinstance(sections[0], SectionChange)
    assert sections[0].after.startswith("</script>\u2028\r\n\x1b[31m|`@all")


def test_a_template_that_the_engine_cannot_read_is_one_clear_error() -> None:
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": None, "Roles": 5}}
    with pytest.raises(ReviewError, match="the difference engine cannot compare Mail of dev: Cannot read properties"):
        bodies(resources(), resources(P=policy))


def test_an_engine_that_ends_is_one_clear_error(tmp_path: Path) -> None:
    program = tmp_path / "program.cjs"
    program.write_text("require('not-installed')")
    with Engine(program) as engine, pytest.raises(ReviewError) as raised:
        engine.compare([({}, {})])
    told = "the difference engine does not run: Error: Cannot find module 'not-installed'; run `make install`"
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"Ref": "A"}, {"A"}),
        ({"Fn::GetAtt": ["A", "Arn"]}, {"A"}),
        ({"Fn::GetAtt": "A.Arn"}, {"A"}),
        ({"Fn::Join": ["", ["x", {"Ref": "A"}, {"Fn::GetAtt": ["B", "Arn"]}]]}, {"A", "B"}),
        ({"Fn::Sub": "${A}-${B.Arn}-${!C}"}, {"A", "B"}),
        ({"Fn::Sub": ["${X}", {"X": {"Ref": "A"}}]}, {"A", "X"}),
        ({"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "A"}]}]}, {"A"}),
        (["Ref", {"Name": "Ref"}, 1, None, True], set()),
    ],
)
def test_references_are_found_wherever_they_are(value: object, named: set[str]) -> None:
    assert references(value) == named
