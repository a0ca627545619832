"""What callers may do is checked as IAM checks it."""

from typing import Any
from uuid import uuid4

import pytest

from local.cloud import REGION, Cloud
from tests.local.conftest import Allowed, refused


def test_a_batch_is_checked_as_the_single_action_on_its_queue(cloud: Cloud, allowed: Allowed) -> None:
    mine, other = (cloud.client("sqs").create_queue(QueueName=f"q-{uuid4().hex}")["QueueUrl"] for _ in range(2))
    arn = f"arn:aws:sqs:{REGION}:000000000000:{mine.rpartition('/')[2]}"
    sqs = allowed("sqs:SendMessage", on=[arn])("sqs")
    entries = [{"Id": "0", "MessageBody": "x"}]
    assert not refused(sqs.send_message_batch, QueueUrl=mine, Entries=entries)
    assert refused(sqs.send_message_batch, QueueUrl=other, Entries=entries)
    assert refused(sqs.receive_message, QueueUrl=mine)


@pytest.mark.parametrize(
    ("action", "insert", "update"),
    [("PartiQLInsert", True, False), ("PartiQLUpdate", False, True), ("PutItem", False, False)],
)
def test_a_partiql_statement_is_checked_by_its_verb_on_its_table(
    cloud: Cloud, allowed: Allowed, action: str, insert: bool, update: bool
) -> None:
    table = f"t-{uuid4().hex[:8]}"
    cloud.client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb = allowed(f"dynamodb:{action}", on=[f"arn:aws:dynamodb:{REGION}:000000000000:table/{table}"])("dynamodb")
    for statement, may in (
        (f"INSERT INTO \"{table}\" VALUE {{'id': 'a'}}", insert),
        (f'UPDATE "{table}" SET "n" = 1 WHERE "id" = \'a\'', update),
        ('UPDATE "another" SET "n" = 1 WHERE "id" = \'a\'', False),
    ):
        assert refused(dynamodb.batch_execute_statement, Statements=[{"Statement": statement}]) is not may


def test_a_mail_is_checked_by_identity_configuration_set_and_the_address_it_is_from(
    cloud: Cloud, allowed: Allowed
) -> None:
    domain, configuration_set = f"{uuid4().hex[:8]}.test", f"c-{uuid4().hex[:8]}"
    cloud.client("sesv2").create_email_identity(EmailIdentity=domain)
    cloud.client("sesv2").create_configuration_set(ConfigurationSetName=configuration_set)
    ses = f"arn:aws:ses:{REGION}:000000000000"
    from_domain = {"StringLike": {"ses:FromAddress": f"info@{domain}"}}
    both = [f"{ses}:identity/{domain}", f"{ses}:configuration-set/{configuration_set}"]
    mail: dict[str, Any] = {
        "FromEmailAddress": f"Info <info@{domain}>",
        "Destination": {"ToAddresses": ["friend@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
        "ConfigurationSetName": configuration_set,
    }
    sender = allowed("ses:SendEmail", on=both, conditions=from_domain)("sesv2")
    assert not refused(sender.send_email, **mail)
    assert refused(sender.send_email, **mail | {"FromEmailAddress": f"other@{domain}"})
    without_set = allowed("ses:SendEmail", on=both[:1], conditions=from_domain)("sesv2")
    assert refused(without_set.send_email, **mail)


def test_a_policy_of_cloudfront_is_checked_by_its_id(allowed: Allowed) -> None:
    optimized, disabled = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    arn = f"arn:aws:cloudfront::000000000000:cache-policy/{optimized}"
    cloudfront = allowed("cloudfront:GetCachePolicy", on=[arn])("cloudfront")
    assert cloudfront.get_cache_policy(Id=optimized)["CachePolicy"]["Id"] == optimized
    assert refused(cloudfront.get_cache_policy, Id=disabled)
    assert refused(cloudfront.get_origin_request_policy, Id="216adef6-5c7f-47e4-b989-5492eafa07d3")
