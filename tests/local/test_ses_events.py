import json
from typing import Any

import pytest

from local.cloud import REGION, Cloud
from tests.cloud_parts import queue_of_topic
from tests.local.conftest import Send

ALL = ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE"]
Event = dict[str, Any]


class Listener:
    """A configuration set whose events arrive on a queue."""

    def __init__(self, cloud: Cloud, *, name: str, types: list[str]) -> None:
        self.name = name
        self._queues = cloud.client("sqs")
        topic = cloud.client("sns").create_topic(Name=name)["TopicArn"]
        self._url = queue_of_topic(cloud, name=name, topic=topic, raw=True)
        self.queue_arn = f"arn:aws:sqs:{REGION}:000000000000:{name}"
        ses = cloud.client("sesv2")
        ses.create_configuration_set(ConfigurationSetName=name)
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="topic",
            EventDestination={"Enabled": True, "MatchingEventTypes": types, "SnsDestination": {"TopicArn": topic}},
        )
        self.first = self._bodies()

    def events(self) -> list[Event]:
        """Take what has arrived, in order."""
        return [json.loads(body) for body in self._bodies()]

    def _bodies(self) -> list[str]:
        found: list[str] = []
        while messages := self._queues.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(message["Body"])
                self._queues.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def listener(cloud: Cloud) -> Listener:
    return Listener(cloud, name="events", types=ALL)


def _kinds(events: list[Event]) -> list[str]:
    return [event["eventType"] for event in events]


def test_a_delivery_is_told_in_the_documented_shape(listener: Listener, send: Send) -> None:
    message_id = send(ConfigurationSetName="events", EmailTags=[{"Name": "kind", "Value": "test"}])
    sent, delivered = listener.events()
    assert (sent["eventType"], sent["send"]) == ("Send", {})
    assert delivered["eventType"] == "Delivery"
    assert delivered["delivery"]["recipients"] == ["reader@example.org"]
    mail = delivered["mail"]
    assert mail["messageId"] == message_id
    assert mail["source"] == "sender@example.com"
    assert mail["sourceArn"] == "arn:aws:ses:ap-northeast-1:000000000000:identity/example.com"
    assert mail["destination"] == ["reader@example.org"]
    assert mail["commonHeaders"]["subject"] == "Subject"
    assert {"name": "Subject", "value": "Subject"} in mail["headers"]
    assert mail["tags"]["kind"] == ["test"]
    assert mail["tags"]["ses:configuration-set"] == ["events"]
    assert mail["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("success", ["Send", "Delivery"]),
        ("success+label", ["Send", "Delivery"]),
        ("ooto", ["Send", "Delivery", "Bounce"]),
        ("ooto+label", ["Send", "Delivery", "Bounce"]),
        ("bounce", ["Send", "Bounce"]),
        ("bounce+label", ["Send", "Bounce"]),
        ("suppressionlist", ["Send", "Bounce"]),
        ("suppressionlist+label", ["Send", "Bounce"]),
        ("complaint", ["Send", "Delivery", "Complaint"]),
        ("complaint+label", ["Send", "Delivery", "Complaint"]),
    ],
)
def test_the_mailbox_simulator_plays_its_part(listener: Listener, send: Send, address: str, kinds: list[str]) -> None:
    send(to=[f"{address}@simulator.amazonses.com"], ConfigurationSetName="events")
    assert _kinds(listener.events()) == kinds


def test_a_bounce_names_type_recipient_and_diagnosis(listener: Listener, send: Send) -> None:
    send(to=["reader@example.org", "bounce@simulator.amazonses.com"], ConfigurationSetName="events")
    events = listener.events()
    assert _kinds(events) == ["Send", "Delivery", "Bounce"]
    bounce = events[-1]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    assert bounce["bouncedRecipients"][0]["emailAddress"] == "bounce@simulator.amazonses.com"
    assert bounce["bouncedRecipients"][0]["diagnosticCode"] == "smtp; 550 5.1.1 user unknown"
    assert bounce["feedbackId"]


def test_an_out_of_office_message_is_a_transient_bounce_without_a_diagnosis(listener: Listener, send: Send) -> None:
    send(to=["ooto@simulator.amazonses.com"], ConfigurationSetName="events")
    bounce = listener.events()[-1]["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "General")
    assert bounce["bouncedRecipients"] == [{"emailAddress": "ooto@simulator.amazonses.com"}]


def test_a_template_without_all_its_data_is_taken_and_told_as_a_rendering_failure(
    listener: Listener, send: Send
) -> None:
    for data, kinds in (({"name": "Hana"}, ["Send", "Delivery"]), ({"nom": "Hana"}, ["Rendering Failure"])):
        parts = {"Subject": "Hello {{name}}", "Text": "{{name}}, hello"}
        template = {"TemplateContent": parts, "TemplateData": json.dumps(data)}
        send(Content={"Template": template}, ConfigurationSetName="events")
        events = listener.events()
        assert _kinds(events) == kinds
    reason = "Attribute 'name' is not present in the rendering data."
    assert events[-1]["failure"] == {"templateName": "", "errorMessage": reason}


def test_a_topic_that_becomes_a_destination_is_tried_with_a_text_that_is_no_event(cloud: Cloud) -> None:
    tried = Listener(cloud, name="tried", types=ALL)
    assert tried.first == ["Successfully validated SNS topic for Amazon SES event publishing."]


def test_a_virus_is_accepted_and_then_rejected(listener: Listener, send: Send) -> None:
    virus = {"FileName": "a.txt", "RawContent": b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"}
    assert send(simple={"Attachments": [virus]}, ConfigurationSetName="events")
    events = listener.events()
    assert _kinds(events) == ["Send", "Reject"]
    assert events[-1]["reject"] == {"reason": "Bad content"}


def test_only_the_types_asked_for_are_told(cloud: Cloud, send: Send) -> None:
    bounces = Listener(cloud, name="bounces", types=["BOUNCE"])
    send(to=["bounce@simulator.amazonses.com", "reader@example.org"], ConfigurationSetName="bounces")
    assert _kinds(bounces.events()) == ["Bounce"]


def test_a_mail_without_a_configuration_set_tells_nobody(listener: Listener, send: Send) -> None:
    send()
    assert listener.events() == []


def test_eventbridge_gets_the_record_as_its_detail(cloud: Cloud, ses: Any, send: Send) -> None:
    bus = Listener(cloud, name="bus", types=ALL)
    ses.delete_configuration_set_event_destination(ConfigurationSetName="bus", EventDestinationName="topic")
    default = "arn:aws:events:ap-northeast-1:000000000000:event-bus/default"
    ses.create_configuration_set_event_destination(
        ConfigurationSetName="bus",
        EventDestinationName="bus",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE"],
            "EventBridgeDestination": {"EventBusArn": default},
        },
    )
    events = cloud.client("events")
    events.put_rule(Name="bus", EventPattern=json.dumps({"source": ["aws.ses"], "detail-type": ["Email Bounced"]}))
    events.put_targets(Rule="bus", Targets=[{"Id": "queue", "Arn": bus.queue_arn}])
    send(to=["bounce@simulator.amazonses.com"], ConfigurationSetName="bus")
    (event,) = bus.events()
    assert event["detail"]["eventType"] == "Bounce"
    assert event["resources"] == ["arn:aws:ses:ap-northeast-1:000000000000:configuration-set/bus"]
