"""What SES allows: a rate, a daily quota, verified domains; what is too much waits and is sent later."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.conftest import MAPPINGS, MailPath
from tests.waiting import wait_until

RATE_EXCEEDED: dict[str, Any] = {
    "code": "TooManyRequestsException",
    "message": "Maximum sending rate exceeded.",
    "status": 429,
}


def test_throttled_mails_are_all_sent_and_none_is_given_up(mail_path: MailPath) -> None:
    mail_path.ses.fail(times=15, **RATE_EXCEEDED)
    mail_path.put_all([mail_path.message(str(n)) for n in range(10)])
    assert sorted(mail_path.sent(10)) == [str(n) for n in range(10)]
    assert mail_path.receive("StandardDeadLetter") == []


@pytest.fixture
def paced(mail_path: MailPath) -> Iterator[MailPath]:
    """A mail path whose consumer a test may tell another sending rate."""
    usual = mail_path.lambda_.get_function_configuration(FunctionName=mail_path.outputs["ConsumerFunction"])
    yield mail_path
    mail_path.set_consumer(SEND_RATE=usual["Environment"]["Variables"]["SEND_RATE"])


@pytest.mark.parametrize(("rate", "recipients", "per_queue"), [(1, 1, 2), (14, 1, 20), (200, 50, 8)])
def test_three_busy_queues_together_keep_the_rate(paced: MailPath, rate: int, recipients: int, per_queue: int) -> None:
    """SES enforces the same rate, so that a mail too early would be throttled."""
    paced.set_mappings(enabled=False)
    paced.set_consumer(SEND_RATE=str(rate))
    paced.ses.settings(max_send_rate=rate)
    body = request(paced, [f"r{n}@example.com" for n in range(recipients)])
    for queue in MAPPINGS:
        own = [
            {"MessageBody": body, "MessageGroupId": str(n), "MessageDeduplicationId": uuid4().hex}
            if queue == "Fifo"
            else {"MessageBody": body, "DelaySeconds": 0}
            for n in range(per_queue)
        ]
        paced.put_all(own, queue=queue)
    paced.set_mappings(enabled=True)
    total = 3 * per_queue
    paced.sent(total, within=10 + 1.5 * total * recipients / rate)
    taken = sorted(mail["taken_at"] for mail in paced.mails())
    assert len(taken) == total
    # A start may be late on a busy machine, and the next one then follows closer: a second's worth at the most.
    for (first, start), (last, end) in combinations(enumerate(taken), 2):
        assert (last - first) * recipients <= rate * (end - start + 1)
    assert taken[-1] - taken[0] <= 2 * total * recipients / rate + 2, "the rate is used, not only kept"
    deliveries = paced.dynamodb.scan(TableName=paced.outputs["DeliveriesTable"])["Items"]
    assert not any(
        int(item.get("throttles", {"N": "0"})["N"]) for item in deliveries if item["id"]["S"] in sent_ids(paced)
    )


def request(mail_path: MailPath, recipients: list[str]) -> str:
    return json.dumps(
        {"version": 1, "from": f"info@{mail_path.outputs['Domain']}", "to": recipients, "subject": "s", "text": "t"}
    )


def sent_ids(mail_path: MailPath) -> set[str]:
    return {tag["value"] for mail in mail_path.mails() for tag in mail["tags"] if tag["name"] == "request_id"}


def test_with_the_daily_quota_spent_everything_waits_and_is_sent_when_there_is_room(mail_path: MailPath) -> None:
    mail_path.ses.settings(max_24_hour_send=3)
    ids = [mail_path.put(str(n)) for n in range(12)]
    wait_until(lambda: mail_path.states() == dict.fromkeys(MAPPINGS, "Disabled"), what=lambda: str(mail_path.states()))
    assert len(mail_path.mails()) == 3
    assert mail_path.sending()["paused"]["M"]["reason"]["S"] == "LimitExceededException"
    mail_path.check_resume()
    assert set(mail_path.states().values()) == {"Disabled"}, "the quota is still spent"
    waiting = [id_ for id_ in ids if mail_path.delivery(id_).get("status") != "sent"]
    assert all(int(mail_path.delivery(id_).get("attempts", "0")) == 0 for id_ in waiting), "a pause costs no attempt"
    mail_path.cloud.end_visibility_timeouts()
    received = [message for _ in range(3) for message in mail_path.receive()]
    assert {message["MessageId"] for message in received} == set(waiting)
    assert all(int(message["Attributes"]["ApproximateReceiveCount"]) <= 2 for message in received), "this one included"

    mail_path.ses.settings(max_24_hour_send=1000)
    mail_path.check_resume()
    assert set(mail_path.states().values()) == {"Enabled"}
    assert {"paused", "disabled"}.isdisjoint(mail_path.sending())
    mail_path.cloud.end_visibility_timeouts()  # of two minutes, for what was in hand at the pause
    assert sorted(map(int, mail_path.sent(12))) == list(range(12))
    assert mail_path.receive("StandardDeadLetter") == []


def test_the_check_leaves_a_mapping_off_that_a_person_turned_off(mail_path: MailPath) -> None:
    mail_path.lambda_.update_event_source_mapping(UUID=mail_path.mapping("Delay"), Enabled=False)
    mail_path.ses.settings(sending_enabled=False)
    mail_path.put("wartet")
    wait_until(lambda: set(mail_path.states().values()) == {"Disabled"})
    mail_path.ses.settings(sending_enabled=True)
    mail_path.check_resume()
    assert mail_path.states() == {"Standard": "Enabled", "Fifo": "Enabled", "Delay": "Disabled"}


def test_a_domain_that_is_not_verified_yet_makes_mails_wait(mail_path: MailPath) -> None:
    mail_path.ses.identity("edgepost.test", verified=False)
    try:
        mail_path.put("früh")
        wait_until(lambda: "paused" in mail_path.sending())
        mail_path.check_resume()
        assert set(mail_path.states().values()) == {"Disabled"}
        assert mail_path.receive("StandardDeadLetter") == []
    finally:
        mail_path.ses.identity("edgepost.test", verified=True)
    mail_path.check_resume()
    assert set(mail_path.states().values()) == {"Enabled"}
