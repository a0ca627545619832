from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.cloud_parts import queue_of_topic
from tests.local.conftest import Send


def _suppressed_by(cloud: Cloud, ses: Any, send: Send, *, name: str, **options: Any) -> list[str]:
    """Return the bounce subtypes of a mail to a suppressed and a known address, through a new configuration set."""
    topic = cloud.client("sns").create_topic(Name=name)["TopicArn"]
    queues = cloud.client("sqs")
    url = queue_of_topic(cloud, name=name, topic=topic, raw=False)
    ses.create_configuration_set(ConfigurationSetName=name, **options)
    destination = {"Enabled": True, "MatchingEventTypes": ["BOUNCE"], "SnsDestination": {"TopicArn": topic}}
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name, EventDestinationName="topic", EventDestination=destination
    )
    queues.purge_queue(QueueUrl=url)  # of what SES has tried the topic with
    assert send(to=["GONE@example.org", "reader@example.org"], ConfigurationSetName=name)
    messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def test_an_address_is_put_read_listed_and_deleted(ses: Any) -> None:
    ses.put_suppressed_destination(EmailAddress="gone+1@example.org", Reason="BOUNCE")
    ses.put_suppressed_destination(EmailAddress="angry@example.org", Reason="COMPLAINT")
    found = ses.get_suppressed_destination(EmailAddress="gone+1@example.org")["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == ("gone+1@example.org", "BOUNCE")
    listed = ses.list_suppressed_destinations(Reasons=["COMPLAINT"])["SuppressedDestinationSummaries"]
    assert [entry["EmailAddress"] for entry in listed] == ["angry@example.org"]
    ses.delete_suppressed_destination(EmailAddress="gone+1@example.org")
    with pytest.raises(ClientError, match="NotFoundException"):
        ses.get_suppressed_destination(EmailAddress="gone+1@example.org")
    with pytest.raises(ClientError, match="NotFoundException"):
        ses.delete_suppressed_destination(EmailAddress="gone+1@example.org")


def test_the_list_comes_in_pages(ses: Any) -> None:
    addresses = [f"{number}@example.org" for number in range(5)]
    for address in addresses:
        ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    found: list[str] = []
    page: dict[str, Any] = {"NextToken": "0"}
    while "NextToken" in page:
        page = ses.list_suppressed_destinations(PageSize=2, NextToken=page["NextToken"])
        assert len(page["SuppressedDestinationSummaries"]) <= 2
        found += [entry["EmailAddress"] for entry in page["SuppressedDestinationSummaries"]]
    assert found == addresses


def test_a_mail_to_a_suppressed_address_is_accepted_counted_and_bounces(cloud: Cloud, ses: Any, send: Send) -> None:
    ses.put_suppressed_destination(EmailAddress="gone@example.org", Reason="BOUNCE")
    (bounce,) = _suppressed_by(cloud, ses, send, name="by-account")
    assert "OnAccountSuppressionList" in bounce
    assert "GONE@example.org" in bounce
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 2


def test_a_configuration_sets_own_reasons_go_before_the_accounts(cloud: Cloud, ses: Any, send: Send) -> None:
    ses.put_suppressed_destination(EmailAddress="gone@example.org", Reason="BOUNCE")
    options = {"SuppressedReasons": ["COMPLAINT"]}
    assert _suppressed_by(cloud, ses, send, name="by-set", SuppressionOptions=options) == []


def test_the_account_can_suppress_for_other_reasons_only(cloud: Cloud, ses: Any, send: Send) -> None:
    ses.put_suppressed_destination(EmailAddress="gone@example.org", Reason="BOUNCE")
    ses.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
    assert ses.get_account()["SuppressionAttributes"]["SuppressedReasons"] == ["COMPLAINT"]
    assert _suppressed_by(cloud, ses, send, name="by-reason") == []
