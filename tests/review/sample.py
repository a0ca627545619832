"""A review that has everything: what gates, what is accepted, what costs more, and hostile text if asked for."""

from datetime import date
from pathlib import Path
from typing import Any

from review.base import Base
from review.model import Exemption, Finding, Review, Severity
from review.review import Inputs, Judged, assemble
from tests.review.pairs import edited, engine, properties

DAY = date(2027, 1, 31)


def _data(body: dict[str, Any]) -> None:
    properties(body, "RDS::DBCluster").update(DatabaseName="renamed")
    properties(body, "ElastiCache::ReplicationGroup").update(
        CacheNodeType="cache.t4g.small", TransitEncryptionEnabled=False
    )


def _mail(body: dict[str, Any]) -> None:
    table = next(one for one in body["Resources"].values() if one["Type"] == "AWS::DynamoDB::Table")
    table["Properties"]["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": False}
    role = next(one for one in body["Resources"].values() if one["Type"] == "AWS::IAM::Policy")
    role["Properties"]["PolicyDocument"]["Statement"].append({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})


def review(*, text: str = "") -> Review:
    """Return the review; `text` stands wherever a stranger may have written something."""
    pair = edited({"Data": _data, "Mail": _mail})
    policies = [
        Finding(
            rule="AwsSolutions-SQS3",
            severity=Severity.HIGH,
            stage="dev",
            stack="Mail",
            resource=f"Mail/Queue{text}",
            title=f"The SQS queue does not have a dead-letter queue. {text}",
            source="cdk-nag",
            before={"text": text} if text else None,
            acknowledged="" if text else "it is a dead-letter queue itself",
        )
    ]
    exemption = Exemption(
        resource="Mail/Gone", rule="retention-lowered", reason=f"a week is enough {text}", expires=DAY
    )
    asked = Inputs(base="", out=Path("out"), today=DAY, gate=Severity.HIGH)
    sides = Judged(pair.base, []), Judged(pair.head, policies)
    return assemble(asked, Base(f"main{text}", "5c0ffee" + "0" * 33), sides, [exemption], engine())
