import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.local.conftest import Send


def _readers(count: int) -> list[str]:
    return [f"{number}@example.org" for number in range(count)]


def test_the_rate_counts_recipients_and_runs_into_debt(cloud: Cloud, send: Send) -> None:
    cloud.ses.settings(max_send_rate=10)
    assert send(to=_readers(13))
    with pytest.raises(ClientError) as refusal:
        send()
    answer: Any = refusal.value.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == (
        "TooManyRequestsException",
        "Maximum sending rate exceeded.",
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    time.sleep(0.35)
    assert send()


def test_a_slow_rate_still_lets_one_mail_through(cloud: Cloud, send: Send) -> None:
    cloud.ses.settings(max_send_rate=0.1)
    assert send()


def test_the_daily_quota_counts_recipients_and_frees_itself_when_raised(cloud: Cloud, ses: Any, send: Send) -> None:
    cloud.ses.settings(max_24_hour_send=3)
    send(to=_readers(3))
    with pytest.raises(ClientError, match=r"LimitExceededException.*Daily message quota exceeded"):
        send()
    cloud.ses.settings(max_24_hour_send=4)
    assert send()
    assert ses.get_account()["SendQuota"] == {"Max24HourSend": 4, "MaxSendRate": 10_000, "SentLast24Hours": 4}


def test_the_mailbox_simulator_counts_towards_the_rate_alone(cloud: Cloud, ses: Any, send: Send) -> None:
    cloud.ses.settings(max_send_rate=1, max_24_hour_send=1)
    send(to=["success@simulator.amazonses.com", "success+2@simulator.amazonses.com"])
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 0
    with pytest.raises(ClientError, match="Maximum sending rate exceeded"):
        send()


def test_a_refused_mail_counts_nowhere(ses: Any, send: Send) -> None:
    with pytest.raises(ClientError):
        send(FromEmailAddress="a@b.example")
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 0


def test_many_at_once_get_exactly_what_the_quota_allows(cloud: Cloud, send: Send) -> None:
    cloud.ses.settings(max_24_hour_send=100, latency_ms=20)

    def attempt(_number: int) -> str | None:
        try:
            return send()
        except ClientError:
            return None

    with ThreadPoolExecutor(64) as pool:
        sent = [message_id for message_id in pool.map(attempt, range(128)) if message_id]
    assert len(set(sent)) == len(sent) == 100
    assert {mail["message_id"] for mail in cloud.ses.mails()} == set(sent)


def test_latency_is_that_of_each_send_not_of_all(cloud: Cloud, send: Send) -> None:
    cloud.ses.settings(latency_ms=200)
    began = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: send(), range(10)))
    assert 0.2 <= time.monotonic() - began < 1
