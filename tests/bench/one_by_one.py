"""The textbook consumer: receive one, send it, delete it, as long as there are any.

Its clients are made once, not one for every mail. A mail whose deletion fails goes out twice.
"""

import os
from typing import Any

import boto3

from mail_consumer.request import BODY, DESTINATION, SENDER, SUBJECT

sqs = boto3.client("sqs")
ses = boto3.client("sesv2")
QUEUE_URL = os.environ["QUEUE_URL"]


def handle(event: dict[str, Any], _context: object) -> None:
    """Take as many messages as the event has; they come from the queue, not from the event."""
    for _ in event["Records"]:
        consume_one()


def consume_one() -> None:
    """Turn the next message, if there is one, into a mail."""
    answer = sqs.receive_message(
        QueueUrl=QUEUE_URL,
        AttributeNames=["SentTimestamp"],
        MaxNumberOfMessages=1,
        MessageAttributeNames=["All"],
        WaitTimeSeconds=0,
    )
    for message in answer.get("Messages", []):
        texts = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
        ses.send_email(
            FromEmailAddress=texts[SENDER],
            Destination={"ToAddresses": [texts[DESTINATION]]},
            Content={
                "Simple": {
                    "Subject": {"Charset": "UTF-8", "Data": texts[SUBJECT]},
                    "Body": {"Text": {"Charset": "UTF-8", "Data": texts[BODY]}},
                }
            },
        )
        sqs.delete_message(QueueUrl=QUEUE_URL, ReceiptHandle=message.get("ReceiptHandle", ""))
