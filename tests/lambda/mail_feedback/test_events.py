"""What an event of SES says of its recipients; no table is asked."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_feedback.events import Event, UnreadableError, read
from mail_feedback.outcomes import outcomes, suppressions
from tests import mail_events as events

MAIL = events.mail(to=["Ann@example.com", "bob@example.com"], request_id="request")
ALONE = events.mail(to=["ann@example.com"], request_id="request")


def event_of(record: dict[str, Any]) -> Event:
    event = read(json.dumps(record))
    assert event is not None
    return event


def words(record: dict[str, Any]) -> dict[str, str]:
    return {address: outcome.word for address, outcome in outcomes(event_of(record)).items()}


def suppressed(record: dict[str, Any]) -> dict[str, str]:
    return {found.address: found.reason for found in suppressions(event_of(record))}


@pytest.mark.parametrize(
    ("record", "word"),
    [
        (events.send(MAIL), "sent"),
        (events.delay(MAIL), "delayed"),
        (events.delivery(MAIL), "delivered"),
        (events.bounce(MAIL, kind="Transient", subtype="MailboxFull"), "bounced"),
        (events.bounce(MAIL), "bounced"),
        (events.bounce(MAIL, subtype="OnAccountSuppressionList"), "suppressed"),
        (events.complaint(MAIL), "complained"),
        (events.complaint(MAIL, subtype="OnAccountSuppressionList"), "suppressed"),
        (events.reject(MAIL), "rejected"),
        (events.failure(MAIL), "failed"),
    ],
)
def test_each_kind_of_event_has_a_word_for_each_recipient(record: dict[str, Any], word: str) -> None:
    assert words(record) == {"ann@example.com": word, "bob@example.com": word}


@pytest.mark.parametrize("of", [events.bounce, events.complaint, events.delivery])
def test_only_those_whom_an_event_names_have_an_outcome(of: Any) -> None:
    assert words(of(MAIL, to=["bob@example.com"])).keys() == {"bob@example.com"}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (events.bounce(MAIL, to=["Bob@example.com"]), "bounce"),
        (events.bounce(MAIL, to=["Bob <bob@example.com>"], subtype="Suppressed"), "bounce"),
        (events.bounce(MAIL, to=["bob@example.com"], kind="Transient"), "transient"),
        (events.bounce(MAIL, to=["bob@example.com"], kind="Undetermined", subtype="Undetermined"), "transient"),
        (events.complaint(MAIL, to=["bob@example.com"]), "complaint"),
    ],
)
def test_who_bounced_or_complained_is_suppressed_and_nobody_else(record: dict[str, Any], reason: str) -> None:
    assert suppressed(record) == {"bob@example.com": reason}


@pytest.mark.parametrize(
    "record",
    [
        events.send(MAIL),
        events.delivery(MAIL),
        events.delay(MAIL),
        events.reject(MAIL),
        events.failure(MAIL),
        events.bounce(MAIL, subtype="OnAccountSuppressionList"),
        events.complaint(MAIL, subtype="OnAccountSuppressionList"),
    ],
)
def test_nothing_else_suppresses(record: dict[str, Any]) -> None:
    assert suppressed(record) == {}


def test_somebody_who_is_out_of_office_is_not_counted_and_a_full_mailbox_is() -> None:
    nothing_said: dict[str, Any] = {"action": None}
    reply = events.bounce(ALONE, kind="Transient", **nothing_said)
    assert (suppressed(reply), words(reply)) == ({}, {"ann@example.com": "bounced"})
    full = events.bounce(ALONE, kind="Transient", subtype="MailboxFull", **nothing_said)
    assert suppressed(full) == {"ann@example.com": "transient"}


def test_a_mail_that_is_called_no_spam_is_no_complaint() -> None:
    record = events.complaint(MAIL, kind="not-spam")
    assert (suppressed(record), words(record)) == ({}, {})


@pytest.mark.parametrize(
    "said",
    [
        {"status": "5.7.10", "diagnosticCode": "smtp; 550 5.7.10 Encryption needed"},
        {"status": "5.7.30"},
        {"diagnosticCode": "smtp; 530 5.7.0 Must issue a STARTTLS command first"},
        {"status": "5.0.0", "diagnosticCode": "Unable to establish a TLS connection"},
        {"status": "4.7.10"},
    ],
)
def test_who_cannot_be_reached_by_tls_has_bounced_but_is_not_suppressed(said: dict[str, Any]) -> None:
    for kind in ("Permanent", "Transient"):
        record = events.bounce(ALONE, kind=kind, **said)
        assert (suppressed(record), words(record)) == ({}, {"ann@example.com": "bounced"})


@pytest.mark.parametrize(
    "said",
    [
        {"status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown (TLS1.3)"},
        {"status": "5.7.1", "diagnosticCode": "smtp; 550 5.7.1 message refused"},
        {"diagnosticCode": "smtp; 550 no such mailbox at titles.example"},
        {"status": "15.7.10"},
        {"action": "failed"},
    ],
)
def test_other_bounces_are_not_taken_for_a_lack_of_tls(said: dict[str, Any]) -> None:
    assert suppressed(events.bounce(ALONE, **said)) == {"ann@example.com": "bounce"}


def test_a_forwarded_mail_counts_for_whom_it_was_sent_to() -> None:
    record = events.bounce(ALONE, to=["ann@elsewhere.example"])
    assert (suppressed(record), words(record)) == ({"ann@example.com": "bounce"}, {"ann@example.com": "bounced"})


@pytest.mark.parametrize("of", [events.bounce, events.complaint])
def test_nobody_can_have_a_stranger_suppressed(of: Any) -> None:
    event = event_of(of(MAIL, to=["stranger@example.com"]))
    assert list(suppressions(event)) == []
    with pytest.raises(UnreadableError, match="names nobody whom the mail was sent to"):
        outcomes(event)


def test_what_happened_has_its_own_time_and_the_words_of_the_receiving_server() -> None:
    found = outcomes(event_of(events.bounce(ALONE, at=5)))["ann@example.com"]
    assert (found.at, found.ses_message_id) == (events.epoch_ms(5), "ses-1")
    assert found.detail == "Permanent/General; smtp; 550 5.1.1 user unknown"


def test_nothing_happens_before_the_mail_was_sent_whatever_a_receiving_server_says() -> None:
    event = event_of(events.bounce(ALONE, at=-86_400))
    assert outcomes(event)["ann@example.com"].at == events.epoch_ms(0)
    assert [found.at for found in suppressions(event)] == [events.epoch_ms(0)]


def test_what_a_receiving_server_says_is_bounded_and_storable() -> None:
    event = event_of(events.bounce(ALONE, diagnosticCode="\x00" * 100_000))
    details = [outcomes(event)["ann@example.com"].detail, *(found.detail for found in suppressions(event))]
    assert all(len(detail) <= 250 and "\x00" not in detail for detail in details)


def test_the_test_of_a_new_topic_is_no_event() -> None:
    assert read("Successfully validated SNS topic for Amazon SES event publishing.") is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "null",
        "hello",
        '{"eventType": "Bounce"}',
        json.dumps(events.send(MAIL) | {"eventType": "Open"}),
        json.dumps(events.bounce(MAIL, to=[""])),
        json.dumps(events.bounce(MAIL, to=["x" * 501])),
        json.dumps(events.delivery(MAIL) | {"delivery": {"timestamp": "yesterday", "recipients": []}}),
        json.dumps({"Type": "Notification", "Message": json.dumps(events.send(MAIL))}),
        '"\ud800"',
        "[" * 5000,
    ],
)
def test_what_is_no_event_is_refused(body: str) -> None:
    with pytest.raises(UnreadableError, match="no event of SES"):
        read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
RECORDS = st.sampled_from([events.send, events.delivery, events.bounce, events.complaint, events.delay, events.reject])


@given(of=RECORDS, path=st.lists(st.integers(min_value=0, max_value=9), max_size=4), strange=JSON | st.text())
def test_whatever_stands_in_an_event_it_is_read_or_refused(of: Any, path: list[int], strange: Any) -> None:
    record = json.loads(json.dumps(of(MAIL)))
    place = record
    for step in path:
        inner = list(place.keys() if isinstance(place, dict) else range(len(place)))
        if not inner:
            break
        key = inner[step % len(inner)]
        if not isinstance(place[key], dict | list) or step == path[-1]:
            place[key] = strange
            break
        place = place[key]
    with suppress(UnreadableError):
        event = read(json.dumps(record))
        assert event is not None
        assert all(outcome.at >= 0 for outcome in outcomes(event).values())
        assert all(found.address for found in suppressions(event))
