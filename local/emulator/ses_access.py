"""What SES may do with the account's topics and buckets: what their policies, and those of their keys, let it.

Pages of the Amazon SES Developer Guide: "Giving permissions to Amazon SES for email receiving" and "Set up an Amazon
SNS event destination for event publishing" (an encrypted topic also needs kms:GenerateDataKey* and kms:Decrypt of its
key, which only a customer managed key can give).
"""

from local.emulator import ministack, ministack_inbox

PRINCIPAL = "ses.amazonaws.com"
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
"""What publishing to an encrypted topic needs of its key: "Securing Amazon SNS data with server-side encryption"."""


class AccessError(Exception):
    """SES cannot reach what it is told to write to; its text says why."""


def publish(topic: str, message: str, *, subject: str, source: str) -> None:
    """Publish to a topic on behalf of a configuration set or receipt rule, named by its ARN."""
    _check("sns", topic, "sns:Publish", source=source)
    if key := ministack_inbox.key_of_topic(topic):
        for action in KEY_ACTIONS:
            _check("kms", key, action, source=source)
    ministack.publish_to_topic(topic, message, subject)


def put(bucket: str, key: str, body: bytes, *, source: str) -> None:
    """Put an object into a bucket on behalf of a receipt rule, named by its ARN."""
    _check("s3", f"arn:aws:s3:::{bucket}/{key}", "s3:PutObject", source=source)
    ministack_inbox.put_object(bucket, key, body)


def identity_arn(name: str) -> str:
    """Return the ARN of an identity."""
    return _arn(f"identity/{name}")


def configuration_set_arn(name: str) -> str:
    """Return the ARN of a configuration set."""
    return _arn(f"configuration-set/{name}")


def receipt_rule_arn(rule_set: str, rule: str) -> str:
    """Return the ARN of a receipt rule."""
    return _arn(f"receipt-rule-set/{rule_set}:receipt-rule/{rule}")


def _arn(resource: str) -> str:
    return f"arn:aws:ses:{ministack.region()}:{ministack.account_id()}:{resource}"


def _check(service: str, arn: str, action: str, *, source: str) -> None:
    policy = ministack_inbox.policy(service, arn)
    if policy is None:
        raise AccessError(f"{arn} does not exist")
    if not ministack_inbox.allows(policy, principal=PRINCIPAL, action=action, arn=arn, source=source):
        raise AccessError(f"the policy of {arn} does not allow {action} to {PRINCIPAL} for {source}")
