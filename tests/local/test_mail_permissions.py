"""What the functions of feedback, unsubscription and inbox may do is checked as IAM checks it."""

from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local.cloud import REGION, Cloud
from tests.cloud_parts import put_stack
from tests.local.conftest import Allowed, refused

Json = dict[str, Any]
ACCOUNT = "000000000000"
MESSAGE: Json = {"Message": b"unsubscribe", "MacAlgorithm": "HMAC_SHA_256"}


@pytest.fixture
def mac_key(cloud: Cloud) -> str:
    """The ARN of a deployed key for MACs, with the usual policy."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    properties = {
        "KeySpec": "HMAC_256",
        "KeyUsage": "GENERATE_VERIFY_MAC",
        "KeyPolicy": {"Version": "2012-10-17", "Statement": [root]},
    }
    template = {
        "Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": properties}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}}},
    }
    return put_stack(cloud, "create", f"key-{uuid4().hex[:8]}", template)["Arn"]


def test_a_mac_is_made_and_checked_by_whoever_may_and_by_nobody_else(
    cloud: Cloud, allowed: Allowed, mac_key: str
) -> None:
    maker, checker = (allowed(f"kms:{action}", on=[mac_key])("kms") for action in ("GenerateMac", "VerifyMac"))
    mac = maker.generate_mac(KeyId=mac_key, **MESSAGE)["Mac"]
    assert checker.verify_mac(KeyId=mac_key, Mac=mac, **MESSAGE)["MacValid"]
    assert refused(maker.verify_mac, KeyId=mac_key, Mac=mac, **MESSAGE)
    assert refused(checker.generate_mac, KeyId=mac_key, **MESSAGE)
    other = cloud.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    assert refused(maker.generate_mac, KeyId=other, **MESSAGE)


def test_a_foreign_or_changed_mac_is_refused_by_its_own_error(cloud: Cloud, mac_key: str) -> None:
    kms = cloud.client("kms")
    mac = kms.generate_mac(KeyId=mac_key, **MESSAGE)["Mac"]
    for changed in ({"Mac": mac[:-1] + bytes([mac[-1] ^ 1])}, {"Mac": mac, "Message": b"another"}):
        with pytest.raises(ClientError, match="KMSInvalidMacException"):
            kms.verify_mac(**{"KeyId": mac_key, **MESSAGE, **changed})


def test_the_active_rule_set_is_read_and_set_by_whoever_may(cloud: Cloud, allowed: Allowed) -> None:
    name = f"set-{uuid4().hex[:8]}"
    cloud.client("ses").create_receipt_rule_set(RuleSetName=name)
    reader, setter = (allowed(f"ses:{action}ActiveReceiptRuleSet", on=["*"])("ses") for action in ("Describe", "Set"))
    setter.set_active_receipt_rule_set(RuleSetName=name)
    assert reader.describe_active_receipt_rule_set()["Metadata"]["Name"] == name
    assert refused(reader.set_active_receipt_rule_set)
    assert refused(setter.describe_active_receipt_rule_set)
    setter.set_active_receipt_rule_set()
    assert "Metadata" not in reader.describe_active_receipt_rule_set()


def test_sending_by_a_configuration_set_is_stopped_by_whoever_may(cloud: Cloud, allowed: Allowed) -> None:
    mine, other = (f"set-{uuid4().hex[:8]}" for _ in range(2))
    for name in (mine, other):
        cloud.client("sesv2").create_configuration_set(ConfigurationSetName=name)
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{mine}"
    ses = allowed("ses:PutConfigurationSetSendingOptions", on=[arn])("sesv2")
    ses.put_configuration_set_sending_options(ConfigurationSetName=mine, SendingEnabled=False)
    found = cloud.client("sesv2").get_configuration_set(ConfigurationSetName=mine)
    assert found["SendingOptions"]["SendingEnabled"] is False
    assert refused(ses.put_configuration_set_sending_options, ConfigurationSetName=other, SendingEnabled=False)


@pytest.mark.parametrize("key_actions", [("kms:GenerateDataKey", "kms:Decrypt"), ("kms:Decrypt",), ()])
def test_an_encrypted_topic_is_published_to_by_whoever_may_use_its_key(
    cloud: Cloud, allowed: Allowed, name: str, key_actions: tuple[str, ...]
) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    topic = cloud.client("sns").create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"]
    sns = allowed("sns:Publish", *key_actions, on=[topic, key])("sns")
    assert refused(sns.publish, TopicArn=topic, Message="x") is (len(key_actions) < 2)


@pytest.mark.parametrize(("action", "call"), [("BatchGetItem", "batch_get_item"), ("GetItem", "batch_get_item")])
def test_a_batch_of_items_is_read_by_whoever_may(
    cloud: Cloud, allowed: Allowed, name: str, action: str, call: str
) -> None:
    cloud.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "address", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "address", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    dynamodb = allowed(f"dynamodb:{action}", on=[arn])("dynamodb")
    keys = {name: {"Keys": [{"address": {"S": "a@example.com"}}]}}
    assert refused(getattr(dynamodb, call), RequestItems=keys) is (action == "GetItem")
