"""The active receipt rule set: ours where nobody is silenced, and given back when the stack goes."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from mail_inbox import activation
from tests.response_address import ResponseAddress, answering


class Region:
    """The receipt rule sets of one region, and CloudFormation, which asks for one of them."""

    def __init__(self, cloud: Cloud, address: ResponseAddress) -> None:
        self.ses = cloud.client("ses")
        self.address = address
        self.ours, self.theirs, self.third = (self.make(name) for name in ("ours", "theirs", "third"))

    def make(self, name: str) -> str:
        """Make a rule set of an unused name."""
        name = f"{name}-{uuid4().hex[:8]}"
        self.ses.create_receipt_rule_set(RuleSetName=name)
        return name

    @property
    def active(self) -> str:
        """The name of the active rule set."""
        return self.ses.describe_active_receipt_rule_set().get("Metadata", {}).get("Name", "")

    def activate(self, name: str) -> None:
        """Activate a rule set, as somebody else does; with an empty name, none."""
        self.ses.set_active_receipt_rule_set(**({"RuleSetName": name} if name else {}))

    def ask(self, kind: str, name: str = "", *, physical_id: str = "", **changed: str) -> dict[str, Any]:
        """Let CloudFormation ask, and return the answer."""
        properties = {"RuleSetName": name or self.ours, "Mode": "activate", "TakeOver": "false"} | changed
        activation.handle(self.address.request(kind, properties, physical_id=physical_id), None)
        return self.address.answers.pop()

    def created(self, name: str = "", **changed: str) -> str:
        """Let CloudFormation create the resource, and return its physical id."""
        answer = self.ask("Create", name, **changed)
        assert answer["Status"] == "SUCCESS", answer["Reason"]
        return answer["PhysicalResourceId"]


@pytest.fixture
def region(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    with answering(ResponseAddress()) as address:
        region = Region(cloud, address)
        region.activate("")
        yield region
        region.activate("")


def test_ours_becomes_active_where_none_is(region: Region) -> None:
    assert region.created() == f"{region.ours}/"
    assert region.active == region.ours


def test_a_foreign_set_is_not_silenced_but_named_with_the_ways_out(region: Region) -> None:
    region.activate(region.theirs)
    answer = region.ask("Create")
    assert answer["Status"] == "FAILED"
    assert all(text in answer["Reason"] for text in (region.theirs, region.ours, "take_over", "existing_rule_set"))
    assert region.active == region.theirs


def test_a_stack_that_failed_to_activate_undoes_nothing_when_it_is_rolled_back(region: Region) -> None:
    region.activate(region.theirs)
    failed = region.ask("Create")
    assert region.ask("Delete", physical_id=failed["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert region.active == region.theirs


def test_a_foreign_set_is_taken_over_where_that_is_asked_for_and_gets_its_place_back(region: Region) -> None:
    region.activate(region.theirs)
    physical_id = region.created(TakeOver="true")
    assert (physical_id, region.active) == (f"{region.ours}/{region.theirs}", region.ours)
    assert region.ask("Delete", physical_id=physical_id)["Status"] == "SUCCESS"
    assert region.active == region.theirs


def test_where_none_was_active_none_is_afterwards(region: Region) -> None:
    region.ask("Delete", physical_id=region.created())
    assert region.active == ""


def test_a_set_that_is_no_longer_ours_stays_active(region: Region) -> None:
    physical_id = region.created()
    region.activate(region.third)
    assert region.ask("Delete", physical_id=physical_id)["Status"] == "SUCCESS"
    assert region.active == region.third


def test_a_former_set_that_is_gone_leaves_none_active(region: Region) -> None:
    region.activate(region.theirs)
    physical_id = region.created(TakeOver="true")
    region.ses.delete_receipt_rule_set(RuleSetName=region.theirs)
    assert region.ask("Delete", physical_id=physical_id)["Status"] == "SUCCESS"
    assert region.active == ""


def test_creating_twice_changes_nothing(region: Region) -> None:
    physical_id = region.created()
    assert region.created() == physical_id
    assert region.active == region.ours


def test_an_update_keeps_what_is_known_of_the_former_set(region: Region) -> None:
    region.activate(region.theirs)
    physical_id = region.created(TakeOver="true")
    assert region.ask("Update", physical_id=physical_id)["PhysicalResourceId"] == physical_id
    assert region.active == region.ours


def test_an_update_makes_ours_active_again_where_nobody_else_is(region: Region) -> None:
    physical_id = region.created()
    region.activate("")
    region.ask("Update", physical_id=physical_id)
    assert region.active == region.ours


def test_an_update_does_not_silence_who_has_come_in_the_meantime(region: Region) -> None:
    physical_id = region.created()
    region.activate(region.third)
    answer = region.ask("Update", physical_id=physical_id)
    assert (answer["Status"], answer["PhysicalResourceId"], region.active) == ("FAILED", physical_id, region.third)


def test_a_set_of_ours_that_is_replaced_hands_over_and_its_deletion_undoes_nothing(region: Region) -> None:
    region.activate(region.theirs)
    before = region.created(TakeOver="true")
    answer = region.ask("Update", region.third, physical_id=before)
    assert answer["PhysicalResourceId"] == f"{region.third}/{region.theirs}"
    assert region.ask("Delete", physical_id=before)["Status"] == "SUCCESS"
    assert region.active == region.third
    region.ask("Delete", region.third, physical_id=answer["PhysicalResourceId"])
    assert region.active == region.theirs


def test_an_existing_set_has_to_be_the_active_one(region: Region) -> None:
    region.activate(region.theirs)
    answer = region.ask("Create", region.third, Mode="existing")
    assert answer["Status"] == "FAILED"
    assert region.third in answer["Reason"]
    assert region.theirs in answer["Reason"]
    assert region.ask("Create", region.theirs, Mode="existing")["Status"] == "SUCCESS"


def test_an_existing_set_stays_active_when_the_stack_goes(region: Region) -> None:
    region.activate(region.theirs)
    physical_id = region.created(region.theirs, Mode="existing")
    assert region.ask("Delete", region.theirs, physical_id=physical_id, Mode="existing")["Status"] == "SUCCESS"
    assert region.active == region.theirs


def test_from_an_existing_set_to_ours_and_back(region: Region) -> None:
    region.activate(region.theirs)
    existing = region.created(region.theirs, Mode="existing")
    ours = region.ask("Update", physical_id=existing, TakeOver="true")["PhysicalResourceId"]
    region.ask("Delete", physical_id=existing, Mode="existing")
    assert (ours, region.active) == (f"{region.ours}/{region.theirs}", region.ours)
    region.activate(region.theirs)
    back = region.ask("Update", region.theirs, physical_id=ours, Mode="existing")
    region.ask("Delete", physical_id=ours)
    assert (back["Status"], region.active) == ("SUCCESS", region.theirs)


def test_what_ses_refuses_is_answered(region: Region) -> None:
    answer = region.ask("Create", "there-is-no-such-set")
    assert answer["Status"] == "FAILED"
    assert "RuleSetDoesNotExist" in answer["Reason"]


def test_a_property_that_is_missing_is_answered(region: Region) -> None:
    event = region.address.request("Create", {"RuleSetName": region.ours})
    activation.handle(event, None)
    assert region.address.answers[0]["Status"] == "FAILED"
