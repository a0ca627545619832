"""The TTL review: a function that looks at the edge's logs by schedule, and sends its report through the mail queue."""

# The library's classes do not fit its own protocols for a type checker; jsii checks arguments as the app runs.
# pyright: reportArgumentType=false

import json
from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from stacks.config import AlarmConfig, StageConfig
from stacks.edge_log_table import TABLE, EdgeLogTable
from stacks.edge_logs import FOLDER
from stacks.findings import acknowledge, imported, logical_id
from stacks.mail_queue import MailQueue
from stacks.python_function import PythonFunction
from stacks.review_queries import RESULTS, ReviewQueries
from stacks.schedule import invoke_on_schedule

PICTURES = "ttl-review/"
"""What the keys of a report's pictures begin with among the attachments."""
POLICY_KINDS = ("cache-policy", "origin-request-policy")


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """What the review reads, and where its report goes."""

    logs: s3.IBucket
    distribution: cloudfront.IDistribution
    queue: MailQueue
    attachments: s3.IBucket


class TtlReview(Construct):
    """The function, what it may do, and its schedule."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        revision: str,
        reviewed: Reviewed,
        table: EdgeLogTable,
        queries: ReviewQueries,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Function",
            description=f"reviews the TTLs of the edge by its logs, revision {revision}",
            config=config.python,
            package="ttl_review",
            handler="ttl_review.handler.handle",
            environment=_environment(config, reviewed, table, queries),
            timeout=Duration.seconds(config.review.timeout_seconds),
            memory_mib=config.review.memory_mib,
        )
        self._allow_queries(reviewed.logs, table, queries)
        self._allow_policies(reviewed.distribution)
        self._allow_report(reviewed)
        invoke_on_schedule(
            self,
            self.function,
            schedule=scheduler.ScheduleExpression.expression(config.review.schedule),
            description="the TTL review",
        )

    def alarms(self, config: AlarmConfig) -> list[cloudwatch.Alarm]:
        """Define an alarm on failed reviews."""
        return [self.function.alarm_on_errors(config, setting="review_errors")]

    def _allow_queries(self, logs: s3.IBucket, table: EdgeLogTable, queries: ReviewQueries) -> None:
        """Athena reads the catalogue and the logs, and writes results, with the permissions of who asks it."""
        self.function.allow(
            "athena:StartQueryExecution",
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StopQueryExecution",
            on=[queries.workgroup_arn],
        )
        self.function.allow("glue:GetDatabase", "glue:GetTable", on=table.arns)
        results = queries.results
        self.function.allow("s3:GetBucketLocation", "s3:ListBucket", on=[logs.bucket_arn, results.bucket_arn])
        self.function.allow("s3:GetObject", on=[logs.arn_for_objects(f"{FOLDER}/*")])
        self.function.allow(
            "s3:GetObject",
            "s3:PutObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
            on=[results.arn_for_objects(f"{RESULTS}*")],
        )
        self.function.allow("s3:ListBucketMultipartUploads", on=[results.bucket_arn])
        acknowledge(
            self.function.role,
            f"IAM5[Resource::{imported(logs, logs.bucket_arn)}/{FOLDER}/*]",
            reason="the delivery names each log that it writes, and a review reads those of whole days",
        )
        acknowledge(
            self.function.role,
            f"IAM5[Resource::<{logical_id(results)}.Arn>/{RESULTS}*]",
            reason="Athena names each result by the id of its query, which nobody knows before, below one beginning",
        )

    def _allow_policies(self, distribution: cloudfront.IDistribution) -> None:
        self.function.allow("cloudfront:GetDistributionConfig", on=[distribution.distribution_arn])
        policies = [f"arn:{Aws.PARTITION}:cloudfront::{Aws.ACCOUNT_ID}:{kind}/*" for kind in POLICY_KINDS]
        self.function.allow("cloudfront:GetCachePolicy", "cloudfront:GetOriginRequestPolicy", on=policies)
        for kind in POLICY_KINDS:
            acknowledge(
                self.function.role,
                f"IAM5[Resource::arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:{kind}/*]",
                reason="the review says what is in force, whichever policies the distribution has been given since; "
                "policies are rules without secrets, and are only read",
            )

    def _allow_report(self, reviewed: Reviewed) -> None:
        self.function.allow("sqs:SendMessage", on=[reviewed.queue.source.queue_arn])
        attachments = reviewed.attachments
        self.function.allow("s3:PutObject", on=[attachments.arn_for_objects(f"{PICTURES}*")])
        acknowledge(
            self.function.role,
            f"IAM5[Resource::{imported(attachments, attachments.bucket_arn)}/{PICTURES}*]",
            reason="the pictures of a report wait among the attachments under names of their own, below one beginning",
        )


def _environment(
    config: StageConfig, reviewed: Reviewed, table: EdgeLogTable, queries: ReviewQueries
) -> dict[str, str]:
    """What the function reads once at its start."""
    review = config.review
    return {
        "LOG_DATABASE": table.database_name,
        "LOG_TABLE": TABLE,
        "WORKGROUP": queries.workgroup_name,
        "DISTRIBUTION_ID": reviewed.distribution.distribution_id,
        "MAIL_QUEUE_URL": reviewed.queue.source.queue_url,
        "ATTACHMENTS_BUCKET": reviewed.attachments.bucket_name,
        "MAIL_DOMAIN": config.domain.domain,
        "REPORT_TO": json.dumps(review.report_to or (config.web.contact_email,)),
        "STAGE": config.name,
        "REVIEW": json.dumps(
            {
                "period_days": review.period_days,
                "top": review.top,
                "least_requests": review.least_requests,
                "most_stale_seconds": dict(review.most_stale_seconds),
                "origin_seconds": dict(review.origin_seconds),
                "origin_stale_seconds": dict(review.origin_stale_seconds),
                "changes": dict(review.changes),
            }
        ),
    }
