"""Lambda's way into the review: by schedule, or when somebody asks, with the days that they name.

The report goes out as a mail request on the project's own queue, its pictures through the attachments bucket.
"""

import json
import logging
from datetime import UTC, date, datetime
from typing import Any, Protocol

import boto3

from ttl_review.athena import AthenaEngine
from ttl_review.days import closed
from ttl_review.deployed import read
from ttl_review.mail_report import MailReport, mail_report
from ttl_review.model import Period, TtlReview
from ttl_review.reviewing import review
from ttl_review.settings import Surroundings

logger = logging.getLogger(__name__)
logging.getLogger("ttl_review").setLevel(logging.INFO)

FOLDER = "ttl-review"
"""Below which pictures lie in the attachments bucket."""

around = Surroundings.from_environment()


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str


def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Review the last closed days, or `first` to `last` of the event, and send the report; returns what it says."""
    made = _review(_period(event))
    # Lambda runs a review that failed again, under the same id: its report must not come twice.
    message_id = send(made, key=f"ttl-review-{context.aws_request_id}")
    logger.info("reviewed", extra={"event": "reviewed", "lines": made.lines, "proposals": len(made.proposals)})
    return {
        "message_id": message_id,
        "first": made.period.first.isoformat(),
        "last": made.period.last.isoformat(),
        "lines": made.lines,
        "proposals": len(made.proposals),
    }


def _period(event: dict[str, Any]) -> Period:
    if "first" in event:
        return Period(first=date.fromisoformat(event["first"]), last=date.fromisoformat(event["last"]))
    return closed(datetime.now(UTC), days=around.review.period_days)


def _review(period: Period) -> TtlReview:
    engine = AthenaEngine(
        athena=boto3.client("athena"),  # pyright: ignore[reportUnknownMemberType]
        s3=boto3.client("s3"),  # pyright: ignore[reportUnknownMemberType]
        workgroup=around.workgroup,
        database=around.log_database,
    )
    deployed = read(boto3.client("cloudfront"), around.distribution_id, stage=around.stage)  # pyright: ignore[reportUnknownMemberType]
    return review(engine, period, deployed, stage=around.stage, settings=around.review, progress=_progress)


def _progress(text: str) -> None:
    logger.info(text, extra={"event": "progress"})


def send(made: TtlReview, *, key: str) -> str:
    """Queue the report as a mail request, which sends one mail for its key, and return its message id."""
    report = mail_report(made)
    s3_keys = _upload(report, made.period)
    request = {
        "version": 1,
        "from": f"TTL review <ttl-review@{around.mail_domain}>",
        "to": around.report_to,
        "subject": report.subject,
        "text": report.text,
        "html": report.html,
        "attachments": [
            {"s3_key": s3_key, "filename": picture.filename, "content_type": "image/png", "content_id": picture.name}
            for s3_key, picture in zip(s3_keys, report.pictures, strict=True)
        ],
        "tags": {"kind": "ttl-review"},
        "idempotency_key": key,
    }
    sqs = boto3.client("sqs")  # pyright: ignore[reportUnknownMemberType]
    return sqs.send_message(QueueUrl=around.mail_queue_url, MessageBody=json.dumps(request))["MessageId"]


def _upload(report: MailReport, period: Period) -> list[str]:
    s3 = boto3.client("s3")  # pyright: ignore[reportUnknownMemberType]
    keys = [f"{FOLDER}/{period.first}-{period.last}/{picture.filename}" for picture in report.pictures]
    for key, picture in zip(keys, report.pictures, strict=True):
        s3.put_object(Bucket=around.attachments_bucket, Key=key, Body=picture.png, ContentType="image/png")
    return keys
