"""The stacks deployed to the embedded cloud by the CDK command line, once for all tests of this folder."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from local.deploy import deploy
from operate.stage import found
from tests.waiting import PATIENCE_S, wait_until

MAPPINGS = ("Standard", "Fifo", "Delay")


class MailPath:
    """The deployed mail path, as the plain SDK sees it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ses = cloud.ses
        self.sqs, self.dynamodb, self.lambda_ = map(cloud.client, ("sqs", "dynamodb", "lambda"))
        self.outputs = found("local", cloud.client).outputs

    def url(self, queue: str) -> str:
        """The URL of Standard, Fifo or Delay, or of one's dead-letter queue."""
        return self.outputs[f"{queue}QueueUrl"]

    def message(self, subject: str, *, to: str = "friend@example.com", sender: str = "", **more: Any) -> dict[str, Any]:
        """A mail request in the four attributes; its body is a time stamp to the second."""
        texts = {
            "Sender": sender or f"info@{self.outputs['Domain']}",
            "Destination": to,
            "Subject": subject,
            "Body": f"本文 {subject}",
        }
        return {
            "MessageBody": time.strftime("%Y%m%d%H%M%S"),
            "MessageAttributes": {n: {"DataType": "String", "StringValue": text} for n, text in texts.items()},
            **more,
        }

    def put(self, subject: str, *, queue: str = "Standard", group: str = "g", **more: Any) -> str:
        """Queue a mail request and return its message id."""
        fifo = {"MessageGroupId": group, "MessageDeduplicationId": uuid4().hex} if queue == "Fifo" else {}
        return self.sqs.send_message(QueueUrl=self.url(queue), **self.message(subject, **fifo, **more))["MessageId"]

    def put_all(self, messages: list[dict[str, Any]], *, queue: str = "Standard") -> None:
        """Queue messages by SendMessageBatch, ten at a time."""
        for first in range(0, len(messages), 10):
            entries = [{"Id": str(n), **message} for n, message in enumerate(messages[first : first + 10])]
            assert not self.sqs.send_message_batch(QueueUrl=self.url(queue), Entries=entries).get("Failed")

    def receive(self, queue: str = "Standard", *, wait_s: int = 0, most: int = 10) -> list[dict[str, Any]]:
        """Receive by hand, with everything that a message has."""
        answer = self.sqs.receive_message(
            QueueUrl=self.url(queue),
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait_s,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def mails(self) -> list[dict[str, Any]]:
        """The mails that SES has taken."""
        return self.ses.mails()

    def subjects(self) -> list[str]:
        """Their subjects, in the order in which they were taken."""
        return [mail["subject"] for mail in self.mails()]

    def sent(self, count: int, *, within: float = PATIENCE_S) -> list[str]:
        """Wait until so many mails are sent; return the subjects a moment later, so that one too many shows."""
        wait_until(lambda: len(self.mails()) >= count, within=within, what=lambda: f"{len(self.mails())}/{count} mails")
        time.sleep(0.3)
        return self.subjects()

    def delivery(self, message_id: str) -> dict[str, str]:
        """The delivery record of a request, if there is one yet."""
        item = self.dynamodb.get_item(
            TableName=self.outputs["DeliveriesTable"], Key={"id": {"S": message_id}}, ConsistentRead=True
        ).get("Item", {})
        return {name: value.get("S", value.get("N")) for name, value in item.items()}

    def sending(self) -> dict[str, Any]:
        """What all invocations share: the rate, the pause, and which mappings the consumer has disabled."""
        key = {"id": {"S": "sending"}}
        return self.dynamodb.get_item(TableName=self.outputs["SendingTable"], Key=key).get("Item", {})

    def states(self) -> dict[str, str]:
        """The state of each event source mapping."""
        return {name: self.lambda_.get_event_source_mapping(UUID=self.mapping(name))["State"] for name in MAPPINGS}

    def mapping(self, queue: str) -> str:
        """The id of a queue's event source mapping."""
        return self.outputs[f"{queue}Mapping"]

    def set_mappings(self, *, enabled: bool) -> None:
        """Disable or enable all mappings, as a person would."""
        for name in MAPPINGS:
            self.lambda_.update_event_source_mapping(UUID=self.mapping(name), Enabled=enabled)

    def check_resume(self) -> None:
        """Run the scheduled check now."""
        answer = self.lambda_.invoke(FunctionName=self.outputs["ResumeFunction"], Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()

    def set_consumer(self, **environment: str) -> None:
        """Change environment variables of the deployed consumer."""
        name = self.outputs["ConsumerFunction"]
        current = self.lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self.lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": current | environment})

    def dead_letters(self, queue: str = "Standard") -> list[dict[str, Any]]:
        """Wait for dead letters and take them off their queue."""
        letters = wait_until(lambda: self.receive(f"{queue}DeadLetter"), what=lambda: "no dead letter")
        for letter in letters:
            self.sqs.delete_message(QueueUrl=self.url(f"{queue}DeadLetter"), ReceiptHandle=letter["ReceiptHandle"])
        return letters

    def reset(self) -> None:
        """Empty everything that a test may have left."""
        self.set_mappings(enabled=False)
        self.ses.reset()
        for queue in MAPPINGS:
            for kind in (queue, f"{queue}DeadLetter"):
                self.sqs.purge_queue(QueueUrl=self.url(kind))
        self.dynamodb.delete_item(TableName=self.outputs["SendingTable"], Key={"id": {"S": "sending"}})
        self.ses.forget_mails()
        self.set_mappings(enabled=True)


@pytest.fixture(scope="session")
def deployed(cloud: Cloud) -> MailPath:
    """The mail path, deployed as `make up` deploys it."""
    deploy(cloud, report=lambda _: None)
    return MailPath(cloud)


@pytest.fixture
def mail_path(deployed: MailPath) -> Iterator[MailPath]:
    """The mail path with empty queues and the local SES as it starts."""
    deployed.reset()
    yield deployed
    deployed.reset()
