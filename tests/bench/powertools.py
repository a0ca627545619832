"""A consumer of Powertools for AWS Lambda (Python), put together as its documentation does.

"Batch Processing": getting started, SQS; "Idempotency": integrating with the batch utility, keyed by the message id.
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from mail_consumer.request import BODY, DESTINATION, SENDER, SUBJECT

processor = BatchProcessor(event_type=EventType.SQS)
table = DynamoDBPersistenceLayer(table_name=os.environ["DELIVERIES_TABLE"])
config = IdempotencyConfig(event_key_jmespath="messageId")
ses = boto3.client("sesv2")


@idempotent_function(data_keyword_argument="record", config=config, persistence_store=table)
def send(record: SQSRecord) -> dict[str, str]:
    """Turn one record into a mail."""
    attributes: Any = record.message_attributes
    texts = {name: attributes[name].string_value for name in (SENDER, DESTINATION, SUBJECT, BODY)}
    answer = ses.send_email(
        FromEmailAddress=texts[SENDER],
        Destination={"ToAddresses": [texts[DESTINATION]]},
        Content={
            "Simple": {
                "Subject": {"Charset": "UTF-8", "Data": texts[SUBJECT]},
                "Body": {"Text": {"Charset": "UTF-8", "Data": texts[BODY]}},
            }
        },
    )
    return {"ses_message_id": answer["MessageId"]}


def handle(event: dict[str, Any], context: Any) -> Any:
    """Consume one batch."""
    config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=send, processor=processor, context=context)
