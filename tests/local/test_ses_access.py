"""SES publishes only where the policies of topic and key let it, and sends for a tenant only what belongs to that."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import REGION, Cloud
from tests.cloud_parts import queue_of_topic
from tests.local.conftest import Send

Json = dict[str, Any]
ACCOUNT = "000000000000"


def for_ses(configuration_set: str, *actions: str) -> Json:
    """A statement that lets SES do something for one configuration set of this account."""
    source = {"aws:SourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{configuration_set}"}
    conditions = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnEquals": source}
    principal = {"Service": "ses.amazonaws.com"}
    return {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*", "Condition": conditions}


def key(cloud: Cloud, *statements: Json) -> str:
    """A key with these statements beside the usual one for the account."""
    usual = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [usual, *statements]})
    return cloud.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]


def destination(cloud: Cloud, name: str, *, policy: list[Json] | None = None, key_id: str = "") -> str:
    """Publish a configuration set's events to a topic, and return the URL of the queue that gets them."""
    attributes = {"KmsMasterKeyId": key_id} if key_id else {}
    if policy is not None:
        attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": policy})
    topic = cloud.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]
    url = queue_of_topic(cloud, name=name, topic=topic, raw=True)
    ses = cloud.client("sesv2")
    ses.create_configuration_set(ConfigurationSetName=name)
    event_destination = {"Enabled": True, "MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": topic}}
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name, EventDestinationName="topic", EventDestination=event_destination
    )
    return url


def received(cloud: Cloud, url: str) -> int:
    """How many messages a queue holds."""
    attributes = ["ApproximateNumberOfMessages"]
    found = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=attributes)
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def test_a_topic_whose_policy_names_this_configuration_set_gets_its_events(cloud: Cloud, name: str, send: Send) -> None:
    tls_only: Json = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    url = destination(cloud, name, policy=[for_ses(name, "sns:Publish"), tls_only])
    send(ConfigurationSetName=name)
    assert received(cloud, url) == 2


def test_a_topic_whose_policy_names_another_one_is_no_destination(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError, match=r"Could not publish to SNS topic .*does not allow sns:Publish"):
        destination(cloud, name, policy=[for_ses("another", "sns:Publish")])
    found = cloud.client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName=name)
    assert not found.get("EventDestinations")


def test_an_encrypted_topic_gets_events_when_its_key_lets_ses_use_it(cloud: Cloud, name: str, send: Send) -> None:
    usable = key(cloud, for_ses(name, "kms:GenerateDataKey*", "kms:Decrypt"))
    url = destination(cloud, name, key_id=usable)
    send(ConfigurationSetName=name)
    assert received(cloud, url) == 2


@pytest.mark.parametrize("actions", [(), ("kms:GenerateDataKey*",), ("kms:Decrypt",)])
def test_an_encrypted_topic_is_no_destination_when_its_key_does_not(
    cloud: Cloud, name: str, actions: tuple[str, ...]
) -> None:
    statements = [for_ses(name, *actions)] if actions else []
    with pytest.raises(ClientError, match="does not allow kms:"):
        destination(cloud, name, key_id=key(cloud, *statements))


def test_the_key_that_aws_manages_cannot_be_used_by_ses(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError, match="alias/aws/sns"):
        destination(cloud, name, key_id="alias/aws/sns")


def test_events_are_lost_once_their_topic_does_not_let_ses_publish(cloud: Cloud, name: str, send: Send) -> None:
    url = destination(cloud, name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [for_ses("another", "sns:Publish")]})
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
    cloud.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    send(ConfigurationSetName=name)
    assert received(cloud, url) == 1


def test_a_tenant_sends_only_by_identity_and_configuration_set_that_are_associated(
    cloud: Cloud, ses: Any, name: str, send: Send
) -> None:
    ses.create_configuration_set(ConfigurationSetName=name)
    with pytest.raises(ClientError, match=f"Tenant {name} does not exist"):
        send(TenantName=name, ConfigurationSetName=name)
    ses.create_tenant(TenantName=name)
    for resource in ("identity/example.com", f"configuration-set/{name}"):
        with pytest.raises(ClientError, match=f"{resource} is not associated with tenant {name}"):
            send(TenantName=name, ConfigurationSetName=name)
        arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:{resource}"
        ses.create_tenant_resource_association(TenantName=name, ResourceArn=arn)
    assert send(TenantName=name, ConfigurationSetName=name)
    assert cloud.ses.mails()[-1]["other"] == {"TenantName": name}
