from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local.cloud import Cloud
from tests.local.conftest import Send


def test_a_fault_answers_as_many_sends_as_asked_for(cloud: Cloud, send: Send) -> None:
    cloud.ses.fail(times=2, code="TooManyRequestsException", message="Maximum sending rate exceeded.", status=429)
    for _ in range(2):
        with pytest.raises(ClientError, match=r"TooManyRequestsException.*Maximum sending rate exceeded"):
            send()
    assert cloud.ses.faults()["times"] == 0
    assert send()
    assert len(cloud.ses.mails()) == 1


def test_a_lost_answer_takes_the_mail_and_closes_the_connection(cloud: Cloud, send: Send) -> None:
    cloud.ses.fail(times=1, lose_answer=True)
    with pytest.raises(ConnectionClosedError):
        send()
    assert len(cloud.ses.mails()) == 1
    assert send()


def test_a_wrong_setting_is_told_by_name(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="unknown identity 'nobody"):
        cloud.ses.identity("nobody.example")


def test_reset_brings_the_defaults_back(cloud: Cloud, ses: Any, send: Send) -> None:
    cloud.ses.settings(max_send_rate=1, production_access=False)
    ses.put_suppressed_destination(EmailAddress="gone@example.org", Reason="BOUNCE")
    cloud.ses.fail(times=1, code="InternalFailure", status=500)
    cloud.ses.reset()
    assert cloud.ses.settings()["max_send_rate"] == 10_000
    assert cloud.ses.faults()["times"] == 0
    assert ses.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
    assert send()
