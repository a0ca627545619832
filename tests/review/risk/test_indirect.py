"""What is replaced in one stack because something is replaced in another."""

from functools import partial
from typing import Any

import pytest

from review.model import Finding
from review.risks import find
from tests.review.pairs import Edit, Pair, edited, pair_of, project
from tests.review.risk.cases import both, found, put

INDIRECT = "stateful-replaced-indirectly"
ZONE = "Route53::HostedZone"


def resource(name: str, kind: str, **values: object) -> Edit:
    """Add a resource, or make it another one, with all that it exports under its own name."""

    def edit(body: dict[str, Any]) -> None:
        body["Resources"][name] = {"Type": f"AWS::{kind}", "Properties": values, "DeletionPolicy": "Retain"}
        body["Outputs"][name] = {"Value": {"Ref": name}, "Export": {"Name": f"of-{name}"}}

    return edit


def imported(name: str) -> dict[str, Any]:
    return {"Fn::ImportValue": f"of-{name}"}


def output(stack: str, key: str, region: str = "ap-northeast-1") -> dict[str, Any]:
    return {"Fn::GetStackOutput": {"StackName": f"edgepost-prod-{stack}", "Region": region, "OutputName": key}}


def table(name: str, of: object) -> Edit:
    return resource(name, "DynamoDB::Table", TableName=of, KeySchema=[], AttributeDefinitions=[])


def between(given: dict[str, Edit], change: dict[str, Edit]) -> Pair:
    """Return two sides that are the project with something given, and the same with a change."""
    after = {stack: both(*(edits[stack] for edits in (given, change) if stack in edits)) for stack in {*given, *change}}
    return pair_of(edited(given, stage="prod").head, edited(after, stage="prod").head)


bucket = partial(resource, "Bucket", "S3::Bucket")
RENAMED = {"Mail": bucket(BucketName="another")}


def indirect_ones(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule in (INDIRECT, "replaced-indirectly")]


def test_a_table_named_by_an_export_of_a_replaced_bucket_is_replaced() -> None:
    given = {"Mail": bucket(BucketName="one"), "Data": table("Table", imported("Bucket"))}
    (finding,) = indirect_ones(found(between(given, RENAMED)))
    assert (finding.rule, finding.severity.value, finding.stack) == (INDIRECT, "critical", "Data")
    assert finding.title == (
        "the table is replaced by an empty one, because of another stack: "
        "TableName comes by export of-Bucket: Bucket of Mail is replaced"
    )
    assert finding.before == {"TableName": imported("Bucket")}


def test_a_table_that_only_tags_what_is_replaced_is_not() -> None:
    tagged = resource("Table", "DynamoDB::Table", KeySchema=[], Tags=[{"Key": "bucket", "Value": imported("Bucket")}])
    given = {"Mail": bucket(BucketName="one"), "Data": tagged}
    assert indirect_ones(found(between(given, RENAMED))) == []


def test_a_bucket_that_changes_in_place_replaces_nothing_elsewhere() -> None:
    given = {"Mail": bucket(BucketName="one"), "Data": table("Table", imported("Bucket"))}
    assert found(between(given, {"Mail": bucket(BucketName="one", Tags=[])})) == []


def test_replacement_is_followed_through_a_chain_of_stacks() -> None:
    given = {
        "Mail": bucket(BucketName="one"),
        "Data": resource("Middle", "SNS::Topic", TopicName=imported("Bucket")),
        "Web": table("Last", {"Fn::Join": ["-", [imported("Middle"), "x"]]}),
    }
    findings = {finding.stack: finding for finding in indirect_ones(found(between(given, RENAMED)))}
    assert {stack: finding.rule for stack, finding in findings.items()} == {
        "Data": "replaced-indirectly",
        "Web": INDIRECT,
    }
    assert findings["Web"].title.endswith("TableName comes by export of-Middle: Middle of Data is replaced")


def test_a_stack_that_passes_a_value_on_is_no_end() -> None:
    def passed_on(body: dict[str, Any]) -> None:
        body["Outputs"]["Passed"] = {"Value": imported("Bucket"), "Export": {"Name": "of-Passed"}}

    given = {"Mail": bucket(BucketName="one"), "Data": passed_on, "Web": table("Last", imported("Passed"))}
    (finding,) = indirect_ones(found(between(given, RENAMED)))
    assert finding.stack == "Web"
    assert finding.title.endswith("TableName comes by export of-Passed: Bucket of Mail is replaced")


def test_within_the_other_template_what_refers_to_the_replaced_is_followed_too() -> None:
    named = resource("Second", "DynamoDB::Table", TableName={"Ref": "First"}, KeySchema=[])
    given = {"Mail": bucket(BucketName="one"), "Data": both(table("First", imported("Bucket")), named)}
    findings = {finding.resource: finding for finding in indirect_ones(found(between(given, RENAMED)))}
    assert {*findings} == {"First", "Second"}
    assert findings["Second"].title.endswith("TableName is of First, which is replaced too")


def test_a_value_read_across_regions_replaces_as_well() -> None:
    given = {"Mail": bucket(BucketName="one"), "Edge": table("Table", output("mail", "Bucket"))}
    (finding,) = indirect_ones(found(between(given, RENAMED)))
    assert (finding.rule, finding.stack) == (INDIRECT, "Edge")
    assert "by output edgepost-prod-mail.Bucket:" in finding.title


def test_an_output_of_the_same_name_in_another_region_is_another() -> None:
    given = {"Mail": bucket(BucketName="one"), "Edge": table("Table", output("mail", "Bucket", region="eu-west-1"))}
    assert indirect_ones(found(between(given, RENAMED))) == []


@pytest.mark.parametrize("way", ["parameter of the template", "dynamic reference"])
def test_a_value_by_the_parameter_store_replaces_as_well(way: str) -> None:
    def store(body: dict[str, Any]) -> None:
        properties = {"Name": "/bucket", "Type": "String", "Value": {"Ref": "Bucket"}}
        body["Resources"]["Store"] = {"Type": "AWS::SSM::Parameter", "Properties": properties}

    def declared(body: dict[str, Any]) -> None:
        body["Parameters"]["Told"] = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/bucket"}

    reader = {"Ref": "Told"} if way == "parameter of the template" else "x-{{resolve:ssm:/bucket}}"
    given = {"Mail": both(bucket(BucketName="one"), store), "Data": both(declared, table("Table", reader))}
    (finding,) = indirect_ones(found(between(given, RENAMED)))
    assert (finding.rule, finding.stack) == (INDIRECT, "Data")
    assert "TableName comes by parameter /bucket: Bucket of Mail is replaced" in finding.title


def test_another_default_of_a_parameter_may_replace_what_it_names() -> None:
    def default(value: str) -> Edit:
        return lambda body: body["Parameters"].update(Named={"Type": "String", "Default": value})

    given = {"Data": both(default("one"), table("Table", {"Ref": "Named"}))}
    (finding,) = found(between(given, {"Data": default("two")}))
    assert finding.rule == INDIRECT
    assert finding.title.endswith("TableName is the parameter Named, if its new default is taken")


def test_an_export_that_tells_another_value_replaces_what_reads_it() -> None:
    def tells(value: str) -> Edit:
        return lambda body: body["Outputs"].update(Word={"Value": value, "Export": {"Name": "of-Word"}})

    given = {"Mail": tells("one"), "Data": table("Table", imported("Word"))}
    findings = found(between(given, {"Mail": tells("two")}))
    assert {finding.rule for finding in findings} == {INDIRECT, "export-in-use"}
    assert "Mail tells another value" in findings[0].title


def test_what_may_be_replaced_is_told_as_such() -> None:
    cluster = resource("Cluster", "RDS::DBCluster", Engine=imported("Bucket"))
    given = {"Mail": bucket(BucketName="one"), "Data": cluster}
    (finding,) = indirect_ones(found(between(given, RENAMED)))
    assert finding.title.startswith("the database may be replaced by an empty one, because of another stack: Engine ")
    assert finding.severity.value == "high"


def test_a_new_reader_replaces_nothing() -> None:
    change = {**RENAMED, "Data": table("Table", imported("Bucket"))}
    assert indirect_ones(found(between({"Mail": bucket(BucketName="one")}, change))) == []


def test_an_export_in_use_can_be_neither_replaced_nor_removed() -> None:
    given = {"Mail": bucket(BucketName="one"), "Data": resource("Topic", "SNS::Topic", DisplayName=imported("Bucket"))}
    rules = [(finding.rule, finding.title) for finding in found(between(given, RENAMED))]
    refused = "CloudFormation refuses to change what Data imports (Bucket of Mail is replaced): change the reader first"
    assert ("export-in-use", refused) in rules

    def removed(body: dict[str, Any]) -> None:
        del body["Outputs"]["Bucket"]["Export"]

    change = {"Mail": removed, "Data": resource("Topic", "SNS::Topic")}
    (finding,) = found(between(given, change))
    assert (
        finding.title == "CloudFormation refuses to change what Data imports (it is removed): change the reader first"
    )


def test_an_export_that_nobody_reads_may_go() -> None:
    given = {"Mail": bucket(BucketName="one")}
    assert found(between(given, {"Mail": lambda body: body["Outputs"].pop("Bucket")})) == []


def test_the_projects_own_certificates_go_with_the_zone_in_both_regions() -> None:
    pair = between({}, {"Mail": put(ZONE, "Mail/MailDomain", "Name", value="example.org.")})
    replaced = {finding.resource for finding in indirect_ones(found(pair))}
    assert {"Web/Front/Certificate", "Edge/Site/Certificate"} <= replaced


def test_no_engine_is_started_where_nothing_spreads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.indirect.Engine", None)
    pair = edited({"Mail": put("SQS::Queue", "Mail/Standard/Source", "VisibilityTimeout", value=720)}, stage="prod")
    assert find(pair.base, pair.head, pair.differences) == []


def test_the_same_sides_have_no_risks() -> None:
    side = project("prod")
    assert found(pair_of(side, side)) == []
