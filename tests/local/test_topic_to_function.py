"""What SES publishes reaches a function: by an encrypted topic, in raw form, and through a queue."""

import io
import zipfile
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import REGION, Cloud
from tests.cloud_parts import function_role, put_stack
from tests.waiting import wait_until

Json = dict[str, Any]
ACCOUNT = "000000000000"
HANDLER = """
import boto3, os

queues = boto3.client("sqs")


def handle(event, context):
    for record in event["Records"]:
        receive = record["attributes"]["ApproximateReceiveCount"]
        queues.send_message(QueueUrl=os.environ["SEEN"], MessageBody=f'{receive} {record["body"]}')
    failed = [each["messageId"] for each in event["Records"] if "Bounce" in each["body"]]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


def resource(kind: str, **properties: Any) -> Json:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def allow(principal: Json, actions: list[str], on: object, **conditions: Any) -> Json:
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": on}
    return statement | ({"Condition": conditions} if conditions else {})


def policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def arn(name: str) -> Json:
    return {"Fn::GetAtt": [name, "Arn"]}


def template(name: str, role: str, seen: str) -> Json:
    """An event destination, its encrypted topic, the queue behind that, and a function that takes from the queue."""
    source = {"StringEquals": {"aws:SourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{name}"}}
    ses, account = {"Service": "ses.amazonaws.com"}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    key = policy(
        allow(account, ["kms:*"], "*"),
        allow(ses, ["kms:GenerateDataKey*", "kms:Decrypt"], "*", **source),
    )
    from_topic = {"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}}
    queue = policy(allow({"Service": "sns.amazonaws.com"}, ["sqs:SendMessage"], arn("Queue"), **from_topic))
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["send", "bounce", "renderingFailure"],
        "SnsDestination": {"TopicARN": {"Ref": "Topic"}},
    }
    return {
        "Resources": {
            "Key": resource("KMS::Key", KeyPolicy=key),
            "Topic": resource("SNS::Topic", KmsMasterKeyId=arn("Key")),
            "TopicPolicy": resource(
                "SNS::TopicPolicy",
                Topics=[{"Ref": "Topic"}],
                PolicyDocument=policy(allow(ses, ["sns:Publish"], {"Ref": "Topic"}, **source)),
            ),
            "Queue": resource("SQS::Queue", SqsManagedSseEnabled=True, VisibilityTimeout=60),
            "QueuePolicy": resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=queue),
            "Subscription": resource(
                "SNS::Subscription",
                TopicArn={"Ref": "Topic"},
                Protocol="sqs",
                Endpoint=arn("Queue"),
                RawMessageDelivery=True,
            )
            | {"DependsOn": "QueuePolicy"},
            "Set": resource("SES::ConfigurationSet", Name=name),
            "Destination": resource(
                "SES::ConfigurationSetEventDestination",
                ConfigurationSetName={"Ref": "Set"},
                EventDestination=destination,
            )
            | {"DependsOn": ["TopicPolicy", "Subscription"]},
            "Function": resource(
                "Lambda::Function",
                Runtime="python3.14",
                Handler="index.handle",
                Role=role,
                Code={"S3Bucket": name, "S3Key": "code.zip"},
                Environment={"Variables": {"SEEN": seen}},
            ),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=arn("Queue"),
                FunctionName={"Ref": "Function"},
                FunctionResponseTypes=["ReportBatchItemFailures"],
            ),
        },
        "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}},
    }


class Seen:
    """What the function has seen, and what is left on its queue."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self._queues = cloud.client("sqs")
        self.url = self._queues.create_queue(QueueName=f"{name}-seen")["QueueUrl"]
        self.queue = ""
        self._bodies: list[str] = []

    def in_hand(self) -> int:
        """How many messages have been received and not been deleted."""
        names = ["ApproximateNumberOfMessagesNotVisible"]
        found = self._queues.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return int(found[names[0]])

    def bodies(self) -> list[str]:
        """Everything so far, each after the number of its receive."""
        found = self._queues.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self._queues.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        self._bodies += [message["Body"] for message in found]
        return self._bodies


@pytest.fixture
def seen(cloud: Cloud, name: str) -> Seen:
    """What is seen of the events of the configuration set with the test's name."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", HANDLER)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="code.zip", Body=code.getvalue())
    actions = [f"sqs:{each}" for each in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "SendMessage")]
    found = Seen(cloud, name)
    role = function_role(cloud, name=name, actions=actions)
    found.queue = put_stack(cloud, "create", name, template(name, role, found.url))["Queue"]
    return found


def test_an_event_reaches_the_function_as_the_record_itself_and_what_it_hands_back_comes_again(
    cloud: Cloud, ses: Any, seen: Seen, name: str
) -> None:
    ses.send_email(
        FromEmailAddress="sender@example.com",
        Destination={"ToAddresses": [f"bounce+{uuid4().hex}@simulator.amazonses.com"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
        ConfigurationSetName=name,
    )
    wait_until(lambda: len(seen.bodies()) == 3 and seen.in_hand() == 1, what=lambda: str(seen.bodies()))
    cloud.end_visibility_timeouts()
    wait_until(lambda: len(seen.bodies()) == 4, what=lambda: str(seen.bodies()))
    received = sorted(body[: len('1 {"eventType": "Bounce"')] for body in seen.bodies())
    assert received == [
        "1 Successfully validated",
        '1 {"eventType": "Bounce"',
        '1 {"eventType": "Send", ',
        '2 {"eventType": "Bounce"',
    ]
