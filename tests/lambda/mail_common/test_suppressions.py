"""Suppressed addresses, in a real table of the embedded cloud."""

from typing import Any
from uuid import uuid4

import pytest

from mail_common.entry import Entry
from mail_common.suppressions import DAY_S, LATE_S, Suppressions, UnreadError, normalized
from tests.mail_feedback_world import FeedbackWorld

WEEK = {"window_s": 7 * DAY_S, "most": 3}
DAY_MS = DAY_S * 1000


def someone() -> str:
    return f"{uuid4().hex}@example.com"


def transient(world: FeedbackWorld, address: str, *, at: int, feedback_id: str = "", **changed: Any) -> bool:
    known: dict[str, Any] = {"feedback_id": feedback_id or uuid4().hex, **WEEK, **changed}
    return world.suppressions.add_transient(address, at=at, **known)


def test_a_reason_is_kept_with_its_time_and_the_mail_that_it_comes_from(world: FeedbackWorld) -> None:
    address = someone()
    assert world.suppressions.add(
        address, reason="bounce", at=5, detail="smtp; 550", request_id="request", ses_message_id="mail"
    )
    entry = Entry(at=5, detail="smtp; 550", request_id="request", ses_message_id="mail")
    assert world.suppressions.reasons([address]) == {address: {"bounce": entry}}


def test_an_address_is_found_in_whatever_case_it_is_written_and_answered_in_that_case(world: FeedbackWorld) -> None:
    address = someone()
    world.suppressions.add(address.upper(), reason="manual", at=1)
    assert world.suppressions.reasons([address.title(), address]).keys() == {address.title(), address}
    assert world.item(normalized(address))


def test_only_the_address_itself_is_suppressed(world: FeedbackWorld) -> None:
    address = someone()
    world.suppressions.add(address, reason="complaint", at=1)
    assert world.suppressions.kept_back([f"x{address}", address], subscription=False) == {address: "complaint"}


@pytest.mark.parametrize("reason", ["bounce", "complaint", "manual"])
def test_bounces_complaints_and_people_keep_every_mail_back(world: FeedbackWorld, reason: str) -> None:
    address = someone()
    world.suppressions.add(address, reason=reason, at=1)
    for subscription in (True, False):
        assert world.suppressions.kept_back([address], subscription=subscription) == {address: reason}


def test_who_unsubscribed_still_gets_what_is_no_subscription(world: FeedbackWorld) -> None:
    address = someone()
    world.suppressions.add(address, reason="unsubscribe", at=1)
    assert world.suppressions.kept_back([address], subscription=True) == {address: "unsubscribe"}
    assert world.suppressions.kept_back([address], subscription=False) == {}


def test_the_same_reason_is_new_once_and_another_one_again(world: FeedbackWorld) -> None:
    address = someone()
    added = [
        world.suppressions.add(address, reason=reason, at=at)
        for reason, at in (("bounce", 2), ("bounce", 2), ("bounce", 3), ("bounce", 1), ("complaint", 4))
    ]
    assert added == [True, False, False, False, True]


def test_more_addresses_are_asked_for_than_one_call_takes(world: FeedbackWorld) -> None:
    first, last = (f"{letter}@{uuid4().hex}.example" for letter in "az")
    for address in (first, last):
        world.suppressions.add(address, reason="bounce", at=1)
    many = [first, *(someone() for _ in range(150)), last, last]
    assert world.suppressions.reasons(many).keys() == {first, last}


def test_nobody_is_asked_for_without_a_call() -> None:
    nowhere: Any = None
    assert Suppressions(client=nowhere, table="").kept_back(["", " "], subscription=True) == {}


def test_keys_that_stay_unread_are_an_error_and_not_unsuppressed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Throttled:
        calls = 0

        def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
            self.calls += 1
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    monkeypatch.setattr("time.sleep", lambda _: None)
    client: Any = Throttled()
    with pytest.raises(UnreadError, match="2 keys of table 'suppressions' were not read"):
        Suppressions(client=client, table="suppressions").reasons(["a@b.test", "c@d.test"])
    assert 1 < client.calls < 10


def test_a_removed_address_gets_mails_again_and_what_was_known_does_not_put_it_back(world: FeedbackWorld) -> None:
    address, past = someone(), int(world.now() * 1000) - 1
    for reason in ("bounce", "complaint", "unsubscribe", "manual"):
        world.suppressions.add(address, reason=reason, at=past)
    assert world.suppressions.remove(address, detail="asked for by phone")
    assert not world.suppressions.add(address, reason="bounce", at=past)
    assert not transient(world, address, at=past, most=1)
    assert world.suppressions.reasons([address]) == {}
    assert world.item(address)["removed"]["M"]["detail"] == {"S": "asked for by phone"}


def test_what_happens_after_the_removal_counts_again(world: FeedbackWorld) -> None:
    address = someone()
    world.suppressions.add(address, reason="bounce", at=1)
    world.suppressions.remove(address, detail="")
    assert world.suppressions.add(address, reason="bounce", at=int(world.now() * 1000) + 1)
    assert world.suppressions.kept_back([address], subscription=False) == {address: "bounce"}
    assert "expires" not in world.item(address)


def test_an_event_of_a_fast_clock_does_not_undo_the_removal_when_it_comes_again(world: FeedbackWorld) -> None:
    address, tomorrow = someone(), int(world.now() * 1000) + DAY_MS
    world.suppressions.add(address, reason="bounce", at=tomorrow)
    world.suppressions.remove(address, detail="")
    assert not world.suppressions.add(address, reason="bounce", at=tomorrow)


def test_removing_tells_whether_there_was_something_to_remove(world: FeedbackWorld) -> None:
    address = someone()
    assert not world.suppressions.remove(address, detail="")
    assert world.item(address) == {}
    world.suppressions.add(address, reason="unsubscribe", at=1)
    assert [world.suppressions.remove(address, detail="") for _ in range(2)] == [True, False]


def test_the_mark_of_a_removal_goes_when_no_event_can_come_any_more(world: FeedbackWorld) -> None:
    address = someone()
    world.suppressions.add(address, reason="bounce", at=1)
    world.suppressions.remove(address, detail="")
    assert int(world.item(address)["expires"]["N"]) == pytest.approx(world.now() + LATE_S, abs=5)


def test_all_addresses_with_a_reason_are_listed(cloud: Any) -> None:
    own = FeedbackWorld(cloud)
    listed, removed, once = (someone() for _ in range(3))
    own.suppressions.add(listed, reason="unsubscribe", at=1)
    own.suppressions.add(removed, reason="bounce", at=1)
    own.suppressions.remove(removed, detail="")
    transient(own, once, at=1)
    assert dict(own.suppressions.entries()) == {listed: {"unsubscribe": Entry(at=1)}}


def test_transient_bounces_suppress_at_the_settable_number(world: FeedbackWorld) -> None:
    address, now = someone(), int(world.now() * 1000)
    seen = [transient(world, address, at=now + number, feedback_id=f"f{number}") for number in range(3)]
    assert seen == [False, False, True]
    entry = world.suppressions.reasons([address])[address]["bounce"]
    assert entry == Entry(at=now + 2, detail="3 transient bounces within 7 days")


def test_the_same_transient_bounce_counts_once(world: FeedbackWorld) -> None:
    address, now = someone(), int(world.now() * 1000)
    assert not any(transient(world, address, at=now, feedback_id="again") for _ in range(5))
    assert world.suppressions.reasons([address]) == {}


@pytest.mark.parametrize(("days", "expected"), [([0, 3, 7], True), ([0, 3, 8], False), ([0, 5, 8, 11], True)])
def test_transient_bounces_suppress_within_the_settable_time_only(
    world: FeedbackWorld, days: list[int], *, expected: bool
) -> None:
    address, now = someone(), int(world.now() * 1000)
    suppressed = [transient(world, address, at=now - 12 * DAY_MS + day * DAY_MS) for day in days]
    assert suppressed[-1] is expected


def test_the_entry_of_transient_bounces_names_the_mail_of_the_last_that_was_needed(world: FeedbackWorld) -> None:
    address, now = someone(), int(world.now() * 1000)
    for number in (2, 0, 3, 1):
        ids = {"feedback_id": "f#1", "ses_message_id": f"mail-{number}", "request_id": f"request-{number}"}
        transient(world, address, at=now + number, **ids)
    entry = world.suppressions.reasons([address])[address]["bounce"]
    assert (entry.ses_message_id, entry.request_id) == ("mail-2", "request-2")


def test_transient_bounces_alone_expire_and_old_ones_are_dropped(world: FeedbackWorld) -> None:
    address, now = someone(), int(world.now() * 1000)
    transient(world, address, at=now - 40 * DAY_MS, feedback_id="old")
    transient(world, address, at=now, feedback_id="new")
    item = world.item(address)
    assert [bounce.split("#")[1] for bounce in item["transient"]["SS"]] == ["new"]
    assert int(item["expires"]["N"]) == pytest.approx(world.now() + 7 * DAY_S + LATE_S, abs=5)


def test_transient_bounces_of_who_has_a_reason_already_do_not_let_it_expire(world: FeedbackWorld) -> None:
    address, now = someone(), int(world.now() * 1000)
    world.suppressions.add(address, reason="unsubscribe", at=1)
    suppressed = [transient(world, address, at=now + number) for number in range(3)]
    assert suppressed == [False, False, True]
    assert world.suppressions.reasons([address])[address].keys() == {"unsubscribe", "bounce"}
    assert "expires" not in world.item(address)
