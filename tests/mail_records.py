"""SQS events as Lambda delivers them (Lambda developer guide, "Using Lambda with Amazon SQS")."""

import json
from itertools import count
from typing import Any

from mail_consumer.settings import Queue, Settings

DOMAIN = "mail.test"
SITE = "https://www.mail.test"
ACCOUNT = "arn:aws:sqs:ap-northeast-1:000000000000"
STANDARD, FIFO = f"{ACCOUNT}:mail", f"{ACCOUNT}:mail.fifo"

MAIL = {"Sender": f"info@{DOMAIN}", "Destination": "friend@example.com", "Subject": "件名", "Body": "本文"}

numbers = count(1)


def settings(**changed: Any) -> Settings:
    """The consumer's settings in tests, with some of them changed."""
    usual: dict[str, Any] = {
        "mail_domain": DOMAIN,
        "configuration_set": "mail",
        "deliveries_table": "deliveries",
        "sending_table": "sending",
        "attachments_bucket": "attachments",
        "queues": {
            STANDARD: Queue(url="http://queues/mail", dead_letter_url="http://queues/mail-dead"),
            FIFO: Queue(url="http://queues/mail.fifo", dead_letter_url="http://queues/mail-dead.fifo"),
        },
        "send_rate": 10_000.0,
        "max_attempts": 5,
        "on_undecided": "ask",
        "record_days": 30,
        "max_mail_bytes": 10_000_000,
        "suppressions_table": "suppressions",
        "unsubscribe_key": "key",
        "site_url": SITE,
        "tenant": "",
        "warm_up": None,
    }
    return Settings(**(usual | changed))


def text_attributes(**texts: str) -> dict[str, dict[str, Any]]:
    """Message attributes of type String, in the spelling of Lambda's event."""
    return {name: {"stringValue": text, "dataType": "String"} for name, text in texts.items()}


def four_attributes(**changed: str) -> dict[str, dict[str, Any]]:
    """The four attributes of a mail request."""
    usual = {
        "Sender": f"info@{DOMAIN}",
        "Destination": "friend@example.com",
        "Subject": "\u3053\u3093\u306b\u3061\u306f",
        "Body": "\u672c\u6587\u3067\u3059",
    }
    return text_attributes(**(usual | changed))


def request_body(**changed: Any) -> str:
    """A JSON request; a field that is changed to None is left out."""
    usual = {"version": 1, "from": f"info@{DOMAIN}", "to": ["friend@example.com"], "subject": "Hello", "text": "Hi"}
    fields: dict[str, Any] = usual | {name.rstrip("_"): value for name, value in changed.items()}
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def record(
    *,
    body: str = "20190515120000",
    attributes: dict[str, dict[str, Any]] | None = None,
    arn: str = STANDARD,
    group: str = "",
) -> dict[str, Any]:
    """One record of an SQS event."""
    number = next(numbers)
    return {
        "messageId": f"00000000-0000-4000-8000-{number:012}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1573251510774",
            "SenderId": "AIDA",
            "ApproximateFirstReceiveTimestamp": "1573251510774",
            **(
                {"MessageGroupId": group, "MessageDeduplicationId": f"d{number}", "SequenceNumber": str(number)}
                if group
                else {}
            ),
        },
        "messageAttributes": attributes if attributes is not None else {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "ap-northeast-1",
    }
