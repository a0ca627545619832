"""Settings from the environment, whom routes are for, and what verdicts lead to."""

import json
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_inbox.settings import Route, Settings, Verdicts
from tests.received_mails import RECEIVING, SUPPORT, VERDICTS

ENVIRONMENT = {
    "RECEIVED_TABLE": "received",
    "INBOX_BUCKET": "inbox",
    "ATTACHMENTS_BUCKET": "attachments",
    "MAIL_QUEUE_URL": "http://queues/mail",
    "DEAD_LETTER_URL": "http://queues/dead",
    "MAIL_DOMAIN": "mail.test",
    "RECEIVING_DOMAINS": json.dumps([RECEIVING, "mail.test"]),
    "ROUTES": json.dumps([{"name": "support", "recipients": [SUPPORT], "forward_to": ["a@b.test"], "topic_arn": ""}]),
    "VERDICTS": json.dumps(
        {"spam": "quarantine", "virus": "drop", "spf": "accept", "dkim": "accept", "dmarc": "quarantine"}
    ),
    "RECORD_DAYS": "30",
    "MAX_FORWARD_BYTES": "38000000",
    "PATH": "/usr/bin",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.from_environment(ENVIRONMENT)
    assert settings.receiving_domains == {RECEIVING, "mail.test"}
    assert settings.routes == (Route(name="support", recipients=(SUPPORT,), forward_to=("a@b.test",)),)
    assert settings.verdicts == VERDICTS
    assert (settings.record_days, settings.max_forward_bytes) == (30, 38_000_000)


@pytest.mark.parametrize("name", sorted(set(ENVIRONMENT) - {"PATH"}))
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=name):
        Settings.from_environment({key: value for key, value in ENVIRONMENT.items() if key != name})


@pytest.mark.parametrize("name", ["", "a/b", "a b", "../x", "a" * 65, "a\n"])
def test_a_route_whose_name_fits_no_key_is_refused(name: str) -> None:
    routes = json.dumps([{"name": name, "recipients": []}])
    with pytest.raises(msgspec.ValidationError, match="ROUTES"):
        Settings.from_environment(ENVIRONMENT | {"ROUTES": routes})


@pytest.mark.parametrize(
    ("pattern", "recipient", "matches"),
    [
        (SUPPORT, SUPPORT, True),
        (SUPPORT.upper(), SUPPORT, True),
        (SUPPORT, SUPPORT.title(), True),
        (SUPPORT, f"x{SUPPORT}", False),
        (f"*@{RECEIVING}", f"anybody@{RECEIVING}", True),
        (f"@{RECEIVING}", f"anybody@{RECEIVING}", True),
        (f"@{RECEIVING}", f"anybody@sub.{RECEIVING}", False),
        (f"*@{RECEIVING}", "anybody@in-mail.test", False),
        (f"support+*@{RECEIVING}", f"support+label@{RECEIVING}", True),
        (f"a?@{RECEIVING}", f"ab@{RECEIVING}", False),
        (f"a?@{RECEIVING}", f"a?@{RECEIVING}", True),
        (f"[ab]@{RECEIVING}", f"a@{RECEIVING}", False),
        (f"[ab]@{RECEIVING}", f"[ab]@{RECEIVING}", True),
    ],
)
def test_a_star_alone_stands_for_any_characters(pattern: str, recipient: str, *, matches: bool) -> None:
    route = Route(name="r", recipients=("other@example.com", pattern))
    assert route.recipient([recipient]) == (recipient if matches else None)


def test_a_route_is_for_the_first_of_the_recipients_that_it_names() -> None:
    route = Route(name="r", recipients=(f"@{RECEIVING}",))
    assert route.recipient(["a@example.com", f"B@{RECEIVING}", f"c@{RECEIVING}"]) == f"B@{RECEIVING}"
    assert route.recipient([]) is None


def test_only_a_check_that_failed_keeps_a_mail_back() -> None:
    for verdict in ("PASS", "GRAY", "PROCESSING_FAILED", "DISABLED", ""):
        assert VERDICTS.of(dict.fromkeys(("spam", "virus", "spf", "dkim", "dmarc"), verdict)) == ("accept", "")


def test_the_most_severe_choice_among_the_failed_checks_counts() -> None:
    assert VERDICTS.of({"spam": "FAIL", "virus": "FAIL", "dmarc": "FAIL"}) == ("drop", "virus")
    assert VERDICTS.of({"spam": "FAIL", "dmarc": "FAIL", "spf": "FAIL"}) == ("quarantine", "spam, dmarc")
    assert VERDICTS.of({"spf": "FAIL", "dkim": "FAIL"}) == ("accept", "")


choices = ("accept", "quarantine", "drop")


@given(st.lists(st.sampled_from(choices), min_size=5, max_size=5))
def test_a_mail_is_accepted_only_where_every_failed_check_is(chosen: list[str]) -> None:
    names = ("spam", "virus", "spf", "dkim", "dmarc")
    verdicts = msgspec.convert(dict(zip(names, chosen, strict=True)), type=Verdicts)
    for outcome in product(("PASS", "FAIL"), repeat=5):
        found: dict[str, str] = dict(zip(names, outcome, strict=True))
        failed = [choice for choice, verdict in zip(chosen, outcome, strict=True) if verdict == "FAIL"]
        assert verdicts.of(found)[0] == max(failed, key=choices.index, default="accept")
