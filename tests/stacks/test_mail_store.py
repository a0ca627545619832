from stacks.config import STAGES
from tests.stacks.synthesis import Template, refers_to


def test_tables_are_found_by_id_and_paid_by_request(mail: Template) -> None:
    assert len(mail.all("DynamoDB::Table")) == 2
    for table in mail.all("DynamoDB::Table").values():
        assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
        assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
        assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_tables_can_be_restored_to_a_point_in_time(mail: Template) -> None:
    for table in mail.all("DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_delivery_records_expire_and_the_state_of_sending_does_not(mail: Template) -> None:
    tables = mail.all("DynamoDB::Table")
    deliveries = tables[mail.named("StoreDeliveries", "DynamoDB::Table")]
    assert deliveries["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert "TimeToLiveSpecification" not in tables[mail.named("StoreSending", "DynamoDB::Table")]


def test_tables_of_a_protected_stage_cannot_be_deleted(mail: Template, stage: str) -> None:
    protection = {table["DeletionProtectionEnabled"] for table in mail.all("DynamoDB::Table").values()}
    assert protection == {STAGES[stage].protected}


def test_the_attachments_bucket_is_private(mail: Template) -> None:
    bucket = mail.one("S3::Bucket")
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert {statement["Effect"] for statement in _statements(mail)} == {"Deny"}


def test_the_attachments_bucket_is_encrypted(mail: Template) -> None:
    (rule,) = mail.one("S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_the_attachments_bucket_is_reached_over_tls_only(mail: Template) -> None:
    conditions = [statement["Condition"] for statement in _statements(mail)]
    assert conditions == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": 1.2}},
    ]
    assert all(refers_to(statement["Resource"]) == {*mail.all("S3::Bucket")} for statement in _statements(mail))


def test_attachments_expire(mail: Template, stage: str) -> None:
    (rule,) = mail.one("S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert rule == {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "ExpirationInDays": STAGES[stage].consumer.attachment_days,
        "Status": "Enabled",
    }


def _statements(mail: Template) -> list[dict[str, object]]:
    return mail.one("S3::BucketPolicy")["PolicyDocument"]["Statement"]
