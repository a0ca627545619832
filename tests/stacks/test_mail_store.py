from typing import Any

import pytest

from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to


@pytest.mark.parametrize(("table", "key"), [("Deliveries", "id"), ("Sending", "id"), ("Suppressions", "address")])
def test_tables_are_found_by_one_text_and_paid_by_request(mail: Template, table: str, key: str) -> None:
    found = mail.all("DynamoDB::Table")[mail.named(f"Store{table}", "DynamoDB::Table")]
    assert found["KeySchema"] == [{"AttributeName": key, "KeyType": "HASH"}]
    assert found["AttributeDefinitions"] == [{"AttributeName": key, "AttributeType": "S"}]
    assert found["BillingMode"] == "PAY_PER_REQUEST"


def test_tables_can_be_restored_to_a_point_in_time(mail: Template) -> None:
    for table in mail.all("DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_what_is_remembered_for_a_while_expires_and_the_state_of_sending_does_not(mail: Template) -> None:
    tables = mail.all("DynamoDB::Table")
    for name in ("StoreDeliveries", "StoreSuppressions"):
        expiry = tables[mail.named(name, "DynamoDB::Table")]["TimeToLiveSpecification"]
        assert expiry == {"AttributeName": "expires", "Enabled": True}
    assert "TimeToLiveSpecification" not in tables[mail.named("StoreSending", "DynamoDB::Table")]


def test_tables_of_a_protected_stage_cannot_be_deleted(mail: Template, stage: str) -> None:
    protection = {table["DeletionProtectionEnabled"] for table in mail.all("DynamoDB::Table").values()}
    assert protection == {STAGES[stage].protected}


def test_the_attachments_bucket_is_private(mail: Template) -> None:
    bucket = _bucket(mail)
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert {statement["Effect"] for statement in _statements(mail)} == {"Deny"}


def test_the_attachments_bucket_is_encrypted(mail: Template) -> None:
    (rule,) = _bucket(mail)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_the_attachments_bucket_is_reached_over_tls_only(mail: Template) -> None:
    conditions = [statement["Condition"] for statement in _statements(mail)]
    assert conditions == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": 1.2}},
    ]
    assert all(
        refers_to(statement["Resource"]) == {mail.named("StoreAttachments", "S3::Bucket")}
        for statement in _statements(mail)
    )


def test_attachments_expire(mail: Template, stage: str) -> None:
    (rule,) = _bucket(mail)["LifecycleConfiguration"]["Rules"]
    assert rule == {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "ExpirationInDays": STAGES[stage].consumer.attachment_days,
        "Status": "Enabled",
    }


def _bucket(mail: Template) -> dict[str, Any]:
    return mail.all("S3::Bucket")[mail.named("StoreAttachments", "S3::Bucket")]


def _statements(mail: Template) -> list[dict[str, object]]:
    policy = mail.all("S3::BucketPolicy")[mail.named("StoreAttachments", "S3::BucketPolicy")]
    return policy["PolicyDocument"]["Statement"]
