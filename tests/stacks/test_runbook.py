"""Every alarm leads to its section of the runbook, and every section of an alarm is led to."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app import build
from stacks.config import STAGES, AlarmConfig, StageConfig
from stacks.settings import Settings
from tests.stacks.synthesis import ROOT, STACKS, Synthesized, new_app, synthesize
from tests.stacks.variants import synthesize_variant

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
DESCRIPTION = re.compile(r"(?P<reason>.{15,})\. Threshold: (?P<source>.+)\. Runbook: (?P<url>[^#\s]+)#(?P<section>\S+)")
LONGEST_DESCRIPTION = 1024
"""Characters ("PutMetricAlarm", Amazon CloudWatch API reference)."""
STAGES_WITH_OTHER_ALARMS = ("memcached", "pausing", "redis")


def anchor(heading: str) -> str:
    """A heading's anchor as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sections() -> dict[str, str]:
    """The text of each section of an alarm, by its anchor."""
    parts = re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)
    of_alarms = [part for part in parts if part.startswith("Alarms: ")]
    found = [re.split(r"^### ", part, flags=re.MULTILINE)[1:] for part in of_alarms]
    headed = [section.partition("\n") for part in found for section in part]
    return {anchor(heading): text for heading, _, text in headed}


def descriptions(synthesized: Synthesized) -> Iterator[Any]:
    """The description of each alarm of a stage, and how it reads."""
    for alarm in synthesized.all("CloudWatch::Alarm"):
        text = alarm["AlarmDescription"]
        yield text, DESCRIPTION.fullmatch(text)


def settings() -> set[str]:
    """The name of each setting of each group."""
    groups = [StageConfig, *(type(value) for value in vars(STAGES["prod"]).values() if isinstance(value, Settings))]
    return {each.name for group in groups for each in fields(group)}


@cache
def everywhere() -> list[Synthesized]:
    return [*map(synthesize, STAGES), *map(synthesize_variant, STAGES_WITH_OTHER_ALARMS)]


def test_every_alarm_says_its_reason_its_threshold_and_what_to_read(synthesized: Synthesized) -> None:
    for text, read in descriptions(synthesized):
        assert read, text
        assert len(text) <= LONGEST_DESCRIPTION
        assert read["url"] == "docs/runbook.md"


def test_every_setting_that_a_threshold_comes_from_is_one() -> None:
    for synthesized in everywhere():
        for text, read in descriptions(synthesized):
            assert {*re.findall(r"setting (\w+)", read["source"])} <= settings(), text


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    told = {read["section"] for synthesized in everywhere() for _, read in descriptions(synthesized)}
    assert told == {*sections()}


def test_no_two_sections_have_one_anchor() -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    assert len({*map(anchor, headings)}) == len(headings)


@pytest.mark.parametrize("section", sections())
def test_a_section_says_how_soon_what_to_look_at_and_what_to_do(section: str) -> None:
    text = sections()[section]
    assert text.startswith(("**Now.**", "**Today.**", "**Soon.**", "**Now**", "**Today**")), text
    if "Look and do:" not in text and "look and do the same" not in text:
        assert "\nLook" in text
        assert "\nDo: " in text


def test_links_within_the_runbook_lead_somewhere() -> None:
    headings = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)}
    assert {*re.findall(r"\]\(#([^)]+)\)", RUNBOOK)} <= headings


def test_pages_that_the_runbook_names_are_there() -> None:
    for page in {*re.findall(r"\]\(([\w./-]+\.md)", RUNBOOK)}:
        assert (ROOT / "docs" / page).is_file(), page


def test_commands_of_the_runbook_are_in_the_makefile() -> None:
    targets = {*re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)}
    named = {*re.findall(r"(?:^ *|`|\$ |&& )make (?:-s )?([a-z][a-z-]*)", RUNBOOK, re.MULTILINE)}
    assert {"deploy", "redrive", "failover"} <= named <= targets


def test_outputs_and_resources_that_the_runbook_asks_for_are_there() -> None:
    prod = synthesize("prod")
    stacks = {stack.lower(): prod.template(stack) for stack in STACKS}
    names = "|".join(stacks)
    asked = re.findall(rf"(?:out|lines) ({names}) (\w+)", RUNBOOK)
    outputs = {*asked, *re.findall(rf"\| `({names}) (\w+)` \|", RUNBOOK)}
    assert len(outputs) > 8
    for stack, output in outputs:
        assert output in stacks[stack].document["Outputs"], (stack, output)
    for stack, kind in re.findall(r"ids ([a-z]+) AWS::(\S+?)[`)]", RUNBOOK):
        assert stacks[stack].all(kind)


def test_alarms_link_the_runbook_where_a_stage_has_it() -> None:
    url = "https://example.com/edgepost/blob/main/docs/runbook.md"
    app = new_app()
    build(app, replace(STAGES["dev"], alarms=AlarmConfig(runbook_url=url)))
    for _, read in descriptions(Synthesized(Path(app.synth().directory))):
        assert read["url"] == url
