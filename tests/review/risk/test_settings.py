"""Each setting of each family, made worse and made better again: only the one is reported."""

from typing import Any

import pytest

from review.model import Differences
from review.risks import alarms, data_loss, deletion, encryption, mail_records, managed_policies, network
from review.risks.comparison import Comparison
from review.risks.settings import Setting, weakened
from review.risks.values import Named, Path
from review.sides import Side, Template

SETTINGS = [
    *alarms.SETTINGS,
    *data_loss.SETTINGS,
    *deletion.PROTECTIONS,
    *encryption.SETTINGS,
    *mail_records.SETTINGS,
    *managed_policies.BOUNDARIES,
    *network.SETTINGS,
]
ON, OFF = (True, False), ("true", "false")
KEY = ({"Fn::GetAtt": ["Key", "Arn"]}, None)
KEPT = ({"deadLetterTargetArn": "arn"}, None)

# Good and bad, by the last step of a path; two settings with the same last step are told apart by their type.
VALUES: dict[str, tuple[Any, Any]] = {
    "ActionsEnabled": (None, False),
    "AlarmActions": (["a", "b"], ["a"]),
    "AtRestEncryptionEnabled": ON,
    "AuthToken": ("x", None),
    "AutomaticFailoverEnabled": ON,
    "BackupRetentionPeriod": (7, None),
    "BehaviorOnMxFailure": ("REJECT_MESSAGE", "USE_DEFAULT_VALUE"),
    "BlockPublicAcls": (None, False),
    "BlockPublicPolicy": (True, None),
    "BucketEncryption": ({"ServerSideEncryptionConfiguration": []}, None),
    "ContentBasedDeduplication": (None, True),
    "DeadLetterConfig": ({"TargetArn": "arn"}, None),
    "DeduplicationScope": ("messageGroup", "queue"),
    "DeleteAutomatedBackups": (False, True),
    "DeletionProtection": OFF,
    "DeletionProtectionEnabled": ON,
    "EnableIAMDatabaseAuthentication": ON,
    "EnableKeyRotation": (True, None),
    "Enabled": (None, False),
    "GeoRestriction": ({"RestrictionType": "whitelist"}, None),
    "IgnorePublicAcls": ON,
    "KMSMasterKeyId": KEY,
    "KmsKeyArn": KEY,
    "KmsKeyId": KEY,
    "KmsMasterKeyId": KEY,
    "MasterUserAuthenticationType": ("iam-db-auth", None),
    "MaximumMessageSize": (None, 1024),
    "MaximumRetryAttempts": (None, 0),
    "MessageRetentionPeriod": (None, 60),
    "MinimumProtocolVersion": ("TLSv1.2_2021", None),
    "NextSigningKeyLength": ("RSA_2048_BIT", "RSA_1024_BIT"),
    "NumCacheClusters": (2, None),
    "ObjectLockEnabled": ON,
    "OnFailure": KEPT,
    "OriginProtocolPolicy": ("https-only", "match-viewer"),
    "PermissionsBoundary": ("arn", None),
    "PointInTimeRecoveryEnabled": (True, None),
    "Protocol": ("HTTPS", "HTTP"),
    "RecoveryPeriodInDays": (None, 7),
    "RedrivePolicy": KEPT,
    "ReplicationConfiguration": ({"Rules": []}, None),
    "RestrictPublicBuckets": ON,
    "RetentionInDays": (None, 7),
    "SSEEnabled": ON,
    "ScanEnabled": ON,
    "SigningEnabled": (None, False),
    "SnapshotRetentionLimit": (1, None),
    "SslPolicy": ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06"),
    "Status": ("Enabled", "Suspended"),
    "StorageEncrypted": ON,
    "StrictTransportSecurity": ({"AccessControlMaxAgeSec": 1}, None),
    "SuppressedReasons": (["BOUNCE", "COMPLAINT"], ["BOUNCE"]),
    "TlsPolicy": ("REQUIRE", "OPTIONAL"),
    "TransitEncryptionEnabled": ON,
    "TransitEncryptionMode": ("required", "preferred"),
    "TreatMissingData": ("breaching", "notBreaching"),
    "Type": ("iam", "no-password-required"),
    "UserGroupIds": (["g"], []),
    "WebACLId": ("arn", None),
    "deadLetterTargetArn": ("arn", None),
    "deletion_protection.enabled": OFF,
    "maxReceiveCount": (5, 1),
    "maxmemory-policy": ("noeviction", "allkeys-lru"),
    "rds.force_ssl": (None, "0"),
    "routing.http.drop_invalid_header_fields.enabled": OFF,
}
RECEIVED = {"TlsPolicy": ("Require", "Optional")}


def values(setting: Setting) -> tuple[Any, Any]:
    step = setting.path[-1]
    name = step.key if isinstance(step, Named) else step
    return RECEIVED.get(name, VALUES[name]) if setting.kind == "AWS::SES::ReceiptRule" else VALUES[name]


def properties(path: Path, value: object) -> Any:
    """Return properties in which a path leads to a value, or to nothing for None."""
    if not path:
        return value
    (step, *rest) = path
    if isinstance(step, Named):
        return [] if value is None else [{"Key": step.key, "Value": value}]
    return {} if value is None and not rest else {step: properties(rest, value)}


def side(setting: Setting, value: object) -> Side:
    resource = {"Type": setting.kind, "Properties": properties(setting.path, value)}
    return Side({("dev", "Any"): Template("dev", "Any", "eu-west-1", {"Resources": {"One": resource}})})


def found(setting: Setting, before: object, after: object) -> list[tuple[str, str]]:
    comparison = Comparison(side(setting, before), side(setting, after), Differences())
    return [(finding.rule, finding.title) for finding in weakened(comparison, [setting])]


def told_apart(setting: Setting) -> str:
    return f"{setting.kind} {'.'.join(map(str, setting.path))}"


@pytest.mark.parametrize("setting", [one for one in SETTINGS if one.path[-1] != "FilterPattern"], ids=told_apart)
def test_only_the_worse_value_is_reported(setting: Setting) -> None:
    good, bad = values(setting)
    assert found(setting, good, bad) == [(setting.rule, setting.title)]
    assert found(setting, bad, good) == []
    assert found(setting, good, good) == []


def test_each_setting_is_there_once() -> None:
    names = list(map(told_apart, SETTINGS))
    assert len({*names}) == len(names)
