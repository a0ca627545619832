"""A domain whose mail comes in: an active rule set that stores it in a bucket and tells a queue."""

import json
from typing import Any
from uuid import uuid4

from local.cloud import REGION, Cloud
from local.smtp import send
from tests.cloud_parts import queue_of_topic

Json = dict[str, Any]
ACCOUNT = "000000000000"
MAIL = b"From: Hana <hana@example.org>\r\nTo: hello@%s\r\nSubject: Hello\r\n\r\nGood day.\r\n"


class Inbox:
    """What comes in for one domain and becomes of it."""

    def __init__(self, cloud: Cloud, *, allowed: bool = True, **rule: Any) -> None:
        self.cloud = cloud
        self.name = f"inbox-{uuid4().hex[:8]}"
        self.domain = f"{self.name}.test"
        self.address = f"hello@{self.domain}"
        self._s3, self._sqs, self.ses = map(cloud.client, ("s3", "sqs", "ses"))
        self._s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.rule_arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:receipt-rule-set/{self.name}:receipt-rule/store"
        if allowed:
            self.allow(self.rule_arn)
        self.topic = cloud.client("sns").create_topic(Name=self.name)["TopicArn"]
        self._url = queue_of_topic(cloud, name=self.name, topic=self.topic, raw=True)
        cloud.client("sesv2").create_email_identity(EmailIdentity=self.domain)
        self.ses.create_receipt_rule_set(RuleSetName=self.name)
        self.ses.set_active_receipt_rule_set(RuleSetName=self.name)
        self.add_rule("store", **rule)
        self.setup = self.notifications()

    @property
    def store(self) -> Json:
        """The action that stores a mail and tells of it."""
        return {"S3Action": {"BucketName": self.name, "ObjectKeyPrefix": "in/", "TopicArn": self.topic}}

    def allow(self, rule_arn: str) -> None:
        """Let SES write to the bucket for a rule: "Giving permissions to Amazon SES for email receiving"."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "ses.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{self.name}/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": rule_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._s3.put_bucket_policy(Bucket=self.name, Policy=policy)

    def add_rule(self, name: str, *, after: str = "", **rule: Any) -> None:
        """Add a rule for the whole domain, scanning, unless the rule says something else."""
        usual: Json = {"Enabled": True, "ScanEnabled": True, "Recipients": [self.domain], "Actions": [self.store]}
        place = {"After": after} if after else {}
        self.ses.create_receipt_rule(RuleSetName=self.name, Rule=usual | {"Name": name} | rule, **place)

    def send(self, raw: bytes = b"", *, to: list[str] | None = None, sender: str = "hana@example.org") -> str:
        """Send a mail in, and return its id."""
        raw = raw or MAIL % self.domain.encode()
        return send(self.cloud, raw, sender=sender, recipients=to or [self.address]).message_id

    def stored(self, message_id: str) -> bytes:
        """The mail with this id as it lies in the bucket."""
        return self._s3.get_object(Bucket=self.name, Key=f"in/{message_id}")["Body"].read()

    def keys(self) -> list[str]:
        """The keys of the bucket."""
        return [each["Key"] for each in self._s3.list_objects_v2(Bucket=self.name).get("Contents", [])]

    def notifications(self) -> list[Json]:
        """What the topic has got since last asked."""
        found: list[Json] = []
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def notification(self, raw: bytes = b"", **sent: Any) -> Json:
        """Send a mail in, and return the one thing that the topic gets."""
        self.send(raw, **sent)
        (found,) = self.notifications()
        return found

    def verdicts(self, raw: bytes = b"") -> dict[str, str]:
        """Send a mail in, and return what SES has found out about it."""
        receipt = self.notification(raw)["receipt"]
        return {name: receipt[f"{name}Verdict"]["status"] for name in ("spam", "virus", "spf", "dkim", "dmarc")}
