from collections.abc import Callable
from dataclasses import replace
from typing import Any

from review.model import Reference
from review.references import references, stacks
from review.sides import Side
from tests.review.pairs import Pair, changed, named, pair_of, project

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {}}
EXPORTED = {"Outputs": {"Told": {"Value": {"Fn::GetAtt": ["Q", "Arn"]}, "Export": {"Name": "told"}}}}


def two(read: Callable[[dict[str, Any]], None]) -> Side:
    """A stack that exports a queue, and one that reads what a test wants it to."""
    told, reader = project().templates["dev", "Mail"], project().templates["dev", "Web"]
    body: dict[str, Any] = {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {}}}}
    read(body)
    return Side({
        ("dev", "Mail"): replace(told, body={"Resources": {"Q": QUEUE}, **EXPORTED}),
        ("dev", "Web"): replace(reader, body=body),
    })  # fmt: skip


def reading(value: object) -> Side:
    return two(lambda body: body["Resources"]["T"]["Properties"].update(TopicName=value))


def states(pair: Pair) -> dict[str, str]:
    return {one.stack: one.state for one in stacks(*pair)}


def test_an_export_that_is_read_is_a_reference_to_what_it_is_of() -> None:
    side = reading({"Fn::ImportValue": "told"})
    assert references(side, side) == (
        Reference(
            stage="dev",
            reader="Web",
            reader_id="T",
            producer="Mail",
            producer_id="Q",
            via="export",
            name="told",
            state="same",
        ),
    )


def test_an_output_that_is_read_across_regions_is_a_reference() -> None:
    read = {"Fn::GetStackOutput": {"StackName": "edgepost-dev-mail", "OutputName": "Told", "Region": "ap-northeast-1"}}
    (one,) = references(reading(read), reading(read))
    assert (one.via, one.producer_id) == ("output", "Q")


def test_references_come_and_go() -> None:
    nothing, something = reading("a"), reading({"Fn::ImportValue": "told"})
    assert [one.state for one in references(nothing, something)] == ["added"]
    assert [one.state for one in references(something, nothing)] == ["removed"]
    assert references(nothing, nothing) == ()


def test_what_nobody_tells_is_no_reference() -> None:
    side = reading({"Fn::ImportValue": "of somebody else"})
    assert references(side, side) == ()


def test_what_a_stack_tells_itself_is_no_reference() -> None:
    side = reading("a")
    template = side.templates["dev", "Mail"]
    template.body["Resources"]["T"] = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"TopicName": {"Fn::ImportValue": "told"}},
    }
    assert references(side, side) == ()


def test_the_projects_own_stacks_refer_to_each_other_as_they_are_deployed() -> None:
    pairs = {(one.reader, one.producer) for one in references(project(), project())}
    assert ("Web", "Network") in pairs
    assert ("Web", "Mail") in pairs
    assert ("Edge", "Web") in pairs
    assert not [pair for pair in pairs if pair[0] == "Network"]


def test_a_stack_is_marked_by_what_happens_to_it() -> None:
    def edit(body: dict[str, Any]) -> None:
        body["Resources"].pop(named(body, "CloudWatch::Alarm"))

    assert {stack for stack, state in states(changed("Mail", edit)).items() if state == "changed"} == {"Mail"}
    side = project()
    without = Side({key: template for key, template in side.templates.items() if key[1] != "Edge"})
    assert states(pair_of(side, without))["Edge"] == "removed"
    assert states(pair_of(without, side))["Edge"] == "added"
    assert {*states(pair_of(side, side)).values()} == {"same"}


def test_a_stack_tells_its_region_and_how_much_it_holds() -> None:
    side = project()
    edge = next(one for one in stacks(*pair_of(side, side)) if one.stack == "Edge")
    assert (edge.name, edge.region) == ("edgepost-dev-edge", "us-east-1")
    assert edge.resources == len(side.templates["dev", "Edge"].resources)
